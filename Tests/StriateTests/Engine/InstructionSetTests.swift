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
    func newInstructionsAppearOnlyInTheKernelsThatMayUseThem() throws {
      let (status, text) = try check("check-instruction-sets")
      #expect(status == 0, "\(text)")
      #expect(text.contains(", 0 elsewhere"), "\(text)")
    }

    @Test(
      .enabled(if: hasObjdump, "objdump (package binutils) is not installed"),
      .enabled(
        if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"),
        "python3 is not installed"))
    func noKernelKeepsItsSumsInMemory() throws {
      let (status, text) = try check("check-sums-in-registers")
      #expect(status == 0, "\(text)")
      #expect(text.contains(", 0 with sums in memory"), "\(text)")
    }

    /// The exit status and the output of a script that looks into this program.
    private func check(_ name: String) throws -> (status: Int32, output: String) {
      let process = Process()
      process.executableURL =
        URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../scripts/\(name)").standardizedFileURL
      process.arguments = [
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      ]
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (process.terminationStatus, text)
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
