/// Who may ask: the Host and Origin that a browser sends say which page a request comes from.
///
/// A page of another site can send requests to this machine, and by rebinding its DNS name to 127.0.0.1 even
/// read the answers. It cannot make the browser name this server as Host and Origin.
package struct AccessRules: Sendable {
  /// The names by which this server may be called, in lower case and without a port.
  let names: Set<String>
  /// Whether any address in numbers may stand for it: where it listens on all of the machine's.
  let takesAddresses: Bool
  let port: UInt16

  package init(host: String, port: UInt16) {
    self.port = port
    let host = host.lowercased()
    takesAddresses = ["0.0.0.0", "::"].contains(host)
    names = [
      "127.0.0.1", "localhost", "[::1]", host.contains(":" as Character) ? "[\(host)]" : host,
    ]
  }

  /// Throws where a request is for another server, or comes from another site's page.
  package func check(method: String, path: String, header: (String) -> String?) throws {
    guard let host = header("Host"), isOwn(host) else {
      let found = header("Host").map { "\"\($0.prefix(80))\"" } ?? "none"
      throw Refusal(
        421,
        "Host: expected localhost:\(port) or 127.0.0.1:\(port), found \(found): open the address "
          + "that striate serve printed")
    }
    // A link on another page may open this one; but nothing else of it.
    guard path.hasPrefix("/api/") || method != "GET" else { return }
    if let origin = header("Origin") {
      guard origin.hasPrefix("http://"), isOwn(String(origin.dropFirst(7))) else {
        throw Refusal(
          403,
          "Origin: expected http://localhost:\(port), found \"\(origin.prefix(80))\": "
            + "pages of other sites may not use this one")
      }
    }
    if let site = header("Sec-Fetch-Site"), site == "cross-site" || site == "same-site" {
      throw Refusal(
        403,
        "Sec-Fetch-Site: expected same-origin, found \(site): pages of other sites may not use "
          + "this one")
    }
  }

  private func isOwn(_ authority: String) -> Bool {
    var name = Substring(authority.lowercased())
    let suffix = ":\(port)"
    if name.hasSuffix(suffix) {
      name = name.dropLast(suffix.count)
    } else if port != 80 {
      return false
    }
    return names.contains(String(name)) || (takesAddresses && Self.isAddress(name))
  }

  /// Whether a name is an address in numbers, which no DNS answer can change.
  private static func isAddress(_ name: Substring) -> Bool {
    if name.hasPrefix("["), name.hasSuffix("]") {
      return name.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
    }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
  }
}
