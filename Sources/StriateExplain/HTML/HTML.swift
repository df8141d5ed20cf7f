/// Text for a page of HTML or for an SVG drawing inside one.
enum HTML {
  /// A text in which nothing is markup, also inside quotation marks, and no character does more than show.
  static func escape(_ text: String) -> String {
    var result = ""
    for scalar in text.printable.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A page that holds everything it shows: it asks for no other file.
  ///
  /// - Parameters:
  ///   - title: The title; markup.
  ///   - style: The style sheet.
  ///   - main: What stands on it; markup.
  static func page(title: String, style: String, _ main: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" \
    content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
    <title>\(title)</title>
    <style>
    \(style)
    </style>
    </head>
    <body>
    <main>
    \(main)
    </main>
    </body>
    </html>

    """
  }

  /// A table that scrolls inside the page where it is too wide for it.
  ///
  /// - Parameters:
  ///   - caption: What the table shows; markup.
  ///   - heads: The heads of the columns; markup.
  ///   - rows: The rows, each with its own head first; markup.
  ///   - kind: Its class in the style sheet.
  static func table(
    caption: String, heads: [String], rows: [[String]], kind: String = "numbers"
  ) -> String {
    let head = heads.map { "<th scope=\"col\">\($0)</th>" }.joined()
    let body = rows.map { cells in
      "<tr><th scope=\"row\">\(cells.first ?? "")</th>"
        + cells.dropFirst().map { "<td>\($0)</td>" }.joined() + "</tr>"
    }.joined(separator: "\n")
    return Self.caption(caption)
      + scrolling(
        """
        <table class="\(kind)" aria-label="\(caption)">
        <thead><tr>\(head)</tr></thead>
        <tbody>
        \(body)
        </tbody>
        </table>
        """, label: caption)
  }

  /// What a table shows, above the part that scrolls, so that it breaks into lines on a narrow page.
  static func caption(_ text: String) -> String { "<p class=\"caption\">\(text)</p>\n" }

  /// Markup that scrolls inside the page, also by the keyboard.
  static func scrolling(_ content: String, label: String) -> String {
    """
    <div class="scroll" role="region" tabindex="0" aria-label="\(label)">
    \(content)
    </div>
    """
  }

  /// A part of the page that opens when it is asked for.
  static func details(_ summary: String, _ content: String) -> String {
    "<details><summary>\(summary)</summary>\n\(content)\n</details>"
  }

  /// A drawing for people, and the words for those who do not see it.
  static func drawing(
    id: String, width: Int, height: Int, title: String, description: String, _ content: String
  ) -> String {
    """
    <svg viewBox="0 0 \(width) \(height)" role="img" aria-labelledby="\(id)-title \(id)-text">
    <title id="\(id)-title">\(escape(title))</title>
    <desc id="\(id)-text">\(escape(description))</desc>
    \(content)
    </svg>
    """
  }
}

extension Double {
  /// A coordinate of a drawing: at most two digits after the point.
  var coordinate: String {
    let rounded = (self * 100).rounded() / 100
    return rounded == rounded.rounded() && abs(rounded) < 1e9 ? "\(Int(rounded))" : "\(rounded)"
  }
}
