extension Unpickler {
  /// Runs the program; what is left on the stack at its end.
  mutating func run() throws(StateDict.Failure) -> Value {
    while true {
      instructions += 1
      guard instructions <= Unpickler.instructionLimit else {
        throw refuse(
          "expected at most \(Unpickler.instructionLimit) instructions, found more: save the "
            + "tensors alone, in several files if need be")
      }
      let code = try byte()
      switch code {
      case UInt8(ascii: "."):
        let result = try pop()
        guard stack.isEmpty else { throw refuse("expected one object, found several") }
        return result
      case 0x80:
        let version = try byte()
        guard (2...5).contains(version) else {
          throw refuse("expected a pickle of protocol 2 to 5, found \(version)")
        }
      case 0x95: _ = try number(8)
      case UInt8(ascii: "("): stack.append(.mark)
      case UInt8(ascii: "N"): stack.append(.none)
      case 0x88: stack.append(.bool(true))
      case 0x89: stack.append(.bool(false))
      case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))
      case UInt8(ascii: "K"): stack.append(.integer(try number(1)))
      case UInt8(ascii: "M"): stack.append(.integer(try number(2)))
      case 0x8A: stack.append(.integer(try long()))
      case UInt8(ascii: "G"):
        _ = try take(8)
        stack.append(.float)
      case UInt8(ascii: "X"): stack.append(.string(try text(try number(4))))
      case 0x8C: stack.append(.string(try text(try number(1))))
      case UInt8(ascii: "}"): push(dictionary: [])
      case UInt8(ascii: "]"), UInt8(ascii: ")"): push(list: [])
      case UInt8(ascii: "t"): push(list: try popToMark())
      case 0x85...0x87: push(list: try pop(Int(code) - 0x84))
      case UInt8(ascii: "a"): try append([try pop()])
      case UInt8(ascii: "e"): try append(try popToMark())
      case UInt8(ascii: "s"): try set(try pop(2))
      case UInt8(ascii: "u"): try set(try popToMark())
      case UInt8(ascii: "q"): try remember(try number(1))
      case UInt8(ascii: "r"): try remember(try number(4))
      case 0x94: try remember(memo.count)
      case UInt8(ascii: "h"): try recall(try number(1))
      case UInt8(ascii: "j"): try recall(try number(4))
      case UInt8(ascii: "c"): try name(module: try line(), try line())
      case 0x93:
        guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
          throw refuse("expected the name of a class, found something else")
        }
        try self.name(module: module, name)
      case UInt8(ascii: "Q"): stack.append(.storage(try storage(try pop())))
      case UInt8(ascii: "R"): try call()
      // What a dict carries beside its items: the versions of modules.
      case UInt8(ascii: "b"):
        _ = try pop()
        guard case .dictionary? = stack.last else { throw refuse("expected a dict, found other") }
      default:
        throw refuse(
          "expected an instruction that state dicts need, found \(code): save model.state_dict()")
      }
    }
  }

  // MARK: Bytes

  private mutating func byte() throws(StateDict.Failure) -> UInt8 {
    guard position < bytes.count else { throw refuse("the pickle is cut off") }
    position += 1
    return bytes[position - 1]
  }

  private mutating func take(_ count: Int) throws(StateDict.Failure) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else { throw refuse("the pickle is cut off") }
    position += count
    return bytes[position - count..<position]
  }

  /// A number without a sign.
  private mutating func number(_ size: Int) throws(StateDict.Failure) -> Int {
    let value = try take(size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let number = Int(exactly: value) else { throw refuse("expected a size, found \(value)") }
    return number
  }

  /// A number of up to 8 bytes in two's complement.
  private mutating func long() throws(StateDict.Failure) -> Int {
    let size = try number(1)
    guard size <= 8 else { throw refuse("expected a number of at most 8 bytes, found \(size)") }
    let digits = try take(size)
    let value = digits.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard size > 0, size < 8, digits[digits.endIndex - 1] & 0x80 != 0 else {
      return Int(truncatingIfNeeded: value)
    }
    return Int(truncatingIfNeeded: value) - 1 << (8 * size)
  }

  private mutating func text(_ size: Int) throws(StateDict.Failure) -> String {
    String(decoding: try take(size), as: UTF8.self)
  }

  private mutating func line() throws(StateDict.Failure) -> String {
    guard let end = bytes[position...].prefix(256).firstIndex(of: 10) else {
      throw refuse("expected the name of a class, found none")
    }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  // MARK: Stack

  private mutating func pop() throws(StateDict.Failure) -> Value {
    guard let value = stack.popLast() else { throw refuse("expected a value, found none") }
    if case .mark = value { throw refuse("expected a value, found a mark") }
    return value
  }

  private mutating func pop(_ count: Int) throws(StateDict.Failure) -> [Value] {
    var values: [Value] = []
    for _ in 0..<count { values.append(try pop()) }
    return values.reversed()
  }

  private mutating func popToMark() throws(StateDict.Failure) -> [Value] {
    let mark = stack.lastIndex {
      if case .mark = $0 { true } else { false }
    }
    guard let mark else { throw refuse("expected a mark, found none") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[(mark + 1)...])
  }

  private mutating func push(list: [Value]) {
    stack.append(.list(lists.count))
    lists.append(list)
  }

  private mutating func push(dictionary: [(key: Value, value: Value)]) {
    stack.append(.dictionary(dictionaries.count))
    dictionaries.append(dictionary)
  }

  private mutating func append(_ values: [Value]) throws(StateDict.Failure) {
    guard case .list(let place)? = stack.last else { throw refuse("expected a list, found other") }
    lists[place] += values
  }

  private mutating func set(_ values: [Value]) throws(StateDict.Failure) {
    guard case .dictionary(let place)? = stack.last, values.count % 2 == 0 else {
      throw refuse("expected a dict and items in pairs, found something else")
    }
    for k in stride(from: 0, to: values.count, by: 2) {
      dictionaries[place].append((values[k], values[k + 1]))
    }
  }

  private mutating func remember(_ place: Int) throws(StateDict.Failure) {
    guard let value = stack.last else { throw refuse("expected a value, found none") }
    memo[place] = value
  }

  private mutating func recall(_ place: Int) throws(StateDict.Failure) {
    guard let value = memo[place] else { throw refuse("expected a value \(place), found none") }
    stack.append(value)
  }

  // MARK: Objects

  private mutating func name(module: String, _ name: String) throws(StateDict.Failure) {
    guard let word = Word(module: module, name: name) else {
      throw refuse(
        "expected tensors and containers, found \(module.prefix(64)).\(name.prefix(64)): save "
          + "model.state_dict(), with tensors alone in it")
    }
    stack.append(.word(word))
  }

  /// ("storage", class, key, device, number of elements).
  private func storage(_ value: Value) throws(StateDict.Failure) -> PickledStorage {
    guard case .list(let place) = value, lists[place].count == 5,
      case .string("storage") = lists[place][0], case .word(.storage(let type)) = lists[place][1],
      case .string(let key) = lists[place][2], case .integer(let count) = lists[place][4],
      count >= 0, key.utf8.count <= Unpickler.keyLimit
    else { throw refuse("expected a storage, found something else") }
    return PickledStorage(type: type, key: key, count: count)
  }

  /// A class or function and its arguments become what they would make.
  private mutating func call() throws(StateDict.Failure) {
    guard case .list(let place) = try pop(), case .word(let word) = try pop() else {
      throw refuse("expected a class and its arguments, found something else")
    }
    let arguments = lists[place]
    switch word {
    case .orderedDict where arguments.isEmpty: push(dictionary: [])
    case .rebuildTensor: stack.append(.tensor(try tensor(arguments)))
    case .rebuildParameter:
      guard case .tensor(let tensor)? = arguments.first else {
        throw refuse("expected a parameter of a tensor, found something else")
      }
      stack.append(.tensor(tensor))
    case .orderedDict, .storage: throw refuse("expected other arguments, found \(arguments.count)")
    }
  }

  /// (storage, offset, shape, stride, …): a view whose elements lie inside the storage.
  private func tensor(_ arguments: [Value]) throws(StateDict.Failure) -> PickledTensor {
    guard arguments.count >= 4, case .storage(let storage) = arguments[0],
      case .integer(let offset) = arguments[1], case .list(let shapePlace) = arguments[2],
      case .list(let stridePlace) = arguments[3]
    else { throw refuse("expected a tensor's storage, offset, shape and stride, found other") }
    // Many tensors may name one list: a long one is not walked through for each.
    guard lists[shapePlace].count <= Unpickler.axisLimit,
      lists[stridePlace].count == lists[shapePlace].count
    else { throw refuse("expected a shape and a stride of one length, found other") }
    func integers(_ place: Int) -> [Int] {
      lists[place].compactMap { if case .integer(let value) = $0 { value } else { nil } }
    }
    let (shape, stride) = (integers(shapePlace), integers(stridePlace))
    guard shape.count == lists[shapePlace].count, stride.count == shape.count, offset >= 0,
      (shape + stride).allSatisfy({ $0 >= 0 && $0 < 1 << 40 })
    else { throw refuse("expected sizes in a tensor's shape and stride, found other") }
    var (count, last, isTooLarge) = (1, offset, offset >= storage.count)
    for (extent, step) in zip(shape, stride) where extent > 0 {
      let product = count.multipliedReportingOverflow(by: extent)
      let reach = (extent - 1).multipliedReportingOverflow(by: step)
      let sum = last.addingReportingOverflow(reach.partialValue)
      isTooLarge = isTooLarge || product.overflow || reach.overflow || sum.overflow
      (count, last) = (product.partialValue, sum.partialValue)
    }
    guard shape.contains(0) || (!isTooLarge && last < storage.count && count <= storage.count)
    else {
      throw refuse(
        "expected a tensor inside its storage of \(storage.count) numbers, found shape "
          + "\(shape.prefix(8)), stride \(stride.prefix(8)) from \(offset): save its contiguous copy"
      )
    }
    return PickledTensor(storage: storage, offset: offset, shape: shape, stride: stride)
  }
}
