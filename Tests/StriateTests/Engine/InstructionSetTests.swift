import Foundation
import LaneKernels
import Striate
import Testing

#if os(Linux) && arch(x86_64)
  /// A processor without AVX-512 must never meet an instruction of it.
  @Suite struct InstructionSetTests {
    private static let hasObjdump = ["/usr/bin/objdump", "/usr/local/bin/objdump", "/bin/objdump"]
      .contains { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(.enabled(if: hasObjdump, "objdump (package binutils) is not installed"))
    func wideRegistersAppearOnlyInTheKernelsOfTheirInstructionSet() throws {
      let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../scripts/check-instruction-sets").standardizedFileURL
      let process = Process()
      process.executableURL = script
      process.arguments = [
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      ]
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(text)")
      #expect(text.contains(" 0 functions with either that have no such name"), "\(text)")
    }

    @Test func theTablesAreThoseThatTheProcessorCanRunFastestFirst() {
      let names = KernelTable.runnable.map(\.name)
      #expect(names.last == "portable")
      #expect(["avx512", "avx2", "portable"].filter(names.contains) == names)
      #expect(Engine.runnableInstructionSets == names)
      #expect(names.contains(Engine.instructionSet))
    }
  }
#endif
