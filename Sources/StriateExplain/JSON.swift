import Striate

/// A JSON value, written on one line with its members in the order in which they were given.
package enum JSON: Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case natural(UInt64)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([(String, JSON)])

  /// A number with the digits that a `Float` needs.
  package static func number(_ value: Float) -> JSON {
    .number(Double("\(value)") ?? Double(value))
  }

  package static func strings(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }

  package static func integers(_ values: [Int]) -> JSON { .array(values.map { .integer($0) }) }

  /// A value or null.
  package static func optional<Value>(_ value: Value?, _ make: (Value) -> JSON) -> JSON {
    value.map(make) ?? .null
  }

  /// The value as JSON text; numbers that JSON does not have become null.
  package var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .natural(let value): "\(value)"
    case .number(let value): value.isFinite ? "\(value)" : "null"
    case .string(let value): value.quotedAsJSON
    case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { $0.quotedAsJSON + ":" + $1.text }.joined(separator: ",") + "}"
    }
  }
}
