import StriateExplain

/// A request, once its whole body has come.
package struct Request: Sendable {
  package let method: String
  package let path: String
  /// What follows the question mark, decoded; the last of several values counts.
  package let query: [String: String]
  package var body: [UInt8] = []

  package init(method: String, path: String, query: [String: String] = [:], body: [UInt8] = []) {
    (self.method, self.path, self.query, self.body) = (method, path, query, body)
  }
}

/// What is sent back.
package struct Response: Sendable {
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Server-sent events, one after the other, until there are no more.
    case events(any EventSource)
  }

  package var status: Int
  package var type: String
  package var headers: [(name: String, value: String)] = []
  package var body: Body

  package init(status: Int = 200, type: String, bytes: [UInt8]) {
    (self.status, self.type, body) = (status, type, .bytes(bytes))
  }

  package init(events: any EventSource) {
    (status, type, body) = (200, "text/event-stream", .events(events))
  }

  package static func json(_ value: JSON, status: Int = 200) -> Response {
    Response(status: status, type: "application/json", bytes: Array(value.text.utf8))
  }
}

/// A request that cannot be answered as it was meant: a status, and who, expected, found, what to do.
package struct Refusal: Error, Sendable, CustomStringConvertible {
  package let status: Int
  package let description: String
  /// The methods that the path has, where it was the method that was wrong.
  package var allowed: [String] = []

  package init(_ status: Int, _ description: String) {
    (self.status, self.description) = (status, description)
  }

  package var response: Response {
    var response = Response.json(.object([("error", .string(description))]), status: status)
    if !allowed.isEmpty { response.headers.append(("Allow", allowed.joined(separator: ", "))) }
    if status == 503 { response.headers.append(("Retry-After", "1")) }
    return response
  }
}

/// Events for one reader. A slow reader gets the newest state, never a queue of old ones.
package protocol EventSource: AnyObject, Sendable {
  /// The next event's text, after waiting for it at most so many seconds; nil where there was none, and ""
  /// where there will be no more.
  func next(within seconds: Double) -> String?
}
