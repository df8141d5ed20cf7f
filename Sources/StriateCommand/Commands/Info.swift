import Foundation
import Striate
import StriateData
import StriateExplain

extension Command {
  static let info = Command(
    name: "info",
    summary: "Show what striate runs on and which data it finds.",
    usage: ["[options]"],
    details: """
      STRIATE_ISA=portable, avx2 or avx512 in the environment chooses the instruction set; without it
      the fastest that the processor has is used.
      """,
    options: [.data, .json],
    examples: ["striate info", "STRIATE_ISA=avx2 striate info --json"],
    operands: ("no words", 0...0),
    run: { arguments in
      let folder = try arguments.dataFolder()
      let facts = Facts(dataFolder: folder)
      Console.output(arguments.has("json") ? facts.json : facts.text)
      return .success
    })
}

/// What `striate info` tells.
private struct Facts {
  let threads = Engine.defaultThreads
  let memory = ProcessInfo.processInfo.physicalMemory
  let system = ProcessInfo.processInfo.operatingSystemVersionString
  let environmentFolder = ProcessInfo.processInfo.environment["STRIATE_DATA"]
  let cache = NamedDataset.cacheFolder
  let datasets: [(name: String, folder: String?)]

  init(dataFolder: String?) {
    datasets = NamedDataset.all.map { ($0.name, $0.location(dataFolder: dataFolder)) }
  }

  var text: String {
    let rows: [(String, String)] =
      [
        ("version", Program.version),
        ("instruction set", Engine.instructionSet),
        ("runnable", Engine.runnableInstructionSets.joined(separator: ", ")),
        ("threads", "\(threads)"),
        ("memory", "\((Double(memory) / 1_073_741_824).fixed(1)) GiB"),
        ("system", system),
        ("$STRIATE_DATA", environmentFolder ?? "not set"),
        ("cache folder", cache ?? "none: neither XDG_CACHE_HOME nor HOME is set"),
        ("digits", "built in"),
      ] + datasets.map { ($0.name, $0.folder ?? "not here; downloaded when it is used") }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { "\($0.padded(to: width))  \($1)" }.joined(separator: "\n")
  }

  var json: String {
    JSON.object([
      ("version", .string(Program.version)),
      ("isa", .string(Engine.instructionSet)),
      ("runnable_isa", .strings(Engine.runnableInstructionSets)),
      ("threads", .integer(threads)),
      ("memory_bytes", .integer(Int(clamping: memory))),
      ("system", .string(system)),
      ("data_folder", .optional(environmentFolder) { .string($0) }),
      ("cache_folder", .optional(cache) { .string($0) }),
      (
        "datasets",
        .object(
          [("digits", .string("built in"))]
            + datasets.map { ($0.name, .optional($0.folder) { .string($0) }) })
      ),
    ]).text
  }
}
