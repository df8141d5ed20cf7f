import Foundation

/// What libFuzzer calls: the reader that STRIATE_READER names reads one input after the other.
///
/// An input that stops the reader, or makes it hold more memory than `MemoryRule` allows, is a finding.

@_silgen_name("striate_memory_begin") private func memoryBegin() -> Int
@_silgen_name("striate_memory_most") private func memoryMost() -> Int

private let reader: Reader = {
  let name = ProcessInfo.processInfo.environment["STRIATE_READER"] ?? ""
  guard let reader = Reader(rawValue: name) else {
    let known = Reader.allCases.map(\.rawValue).joined(separator: ", ")
    fatalError("STRIATE_READER: expected one of \(known), found \"\(name)\"")
  }
  return reader
}()

/// A file in memory for readers of files.
private let path = "/dev/shm/striate-fuzz-\(getpid())"
private let descriptor = open(path, O_CREAT | O_RDWR | O_TRUNC, 0o600)

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  if reader.needsFile {
    let contents = reader.contents(of: bytes)
    guard ftruncate(descriptor, 0) == 0,
      pwrite(descriptor, contents, contents.count, 0) == contents.count
    else {
      fatalError("\(path): cannot be written")
    }
  }
  let before = memoryBegin()
  reader.read(bytes, path: path)
  let growth = memoryMost() - before
  guard growth <= MemoryRule.limit(inputSize: count) else {
    fatalError(
      "memory: expected at most \(MemoryRule.limit(inputSize: count)) bytes for an input of \(count), "
        + "found \(growth)")
  }
  return 0
}
