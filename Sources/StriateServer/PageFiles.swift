/// The files of the page. They are part of the program: none is read from the disk.
enum PageFiles {
  struct File: Sendable {
    let type: String
    let bytes: [UInt8]
  }

  static let all: [String: File] = [
    "/": html(PackageResources.index_html),
    "/style.css": File(type: "text/css; charset=utf-8", bytes: PackageResources.style_css),
    "/icon.svg": File(type: "image/svg+xml", bytes: PackageResources.icon_svg),
    "/main.js": script(PackageResources.main_js),
    "/api.js": script(PackageResources.api_js),
    "/dom.js": script(PackageResources.dom_js),
    "/colour.js": script(PackageResources.colour_js),
    "/maps.js": script(PackageResources.maps_js),
    "/inspector.js": script(PackageResources.inspector_js),
    "/trace.js": script(PackageResources.trace_js),
    "/why.js": script(PackageResources.why_js),
    "/draw.js": script(PackageResources.draw_js),
    "/look.js": script(PackageResources.look_js),
    "/train.js": script(PackageResources.train_js),
    "/editor.js": script(PackageResources.editor_js),
    "/curve.js": script(PackageResources.curve_js),
    "/confusion.js": script(PackageResources.confusion_js),
    "/lessons.js": script(PackageResources.lessons_js),
  ]

  private static func html(_ bytes: [UInt8]) -> File {
    File(type: "text/html; charset=utf-8", bytes: bytes)
  }

  private static func script(_ bytes: [UInt8]) -> File {
    File(type: "text/javascript; charset=utf-8", bytes: bytes)
  }
}
