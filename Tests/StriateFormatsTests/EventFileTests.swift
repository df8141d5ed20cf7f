import Foundation
import Testing

import Striate
import StriateFormats

@Suite struct EventFileTests {
  /// RFC 3720, appendix B.4.
  @Test func theChecksAreThoseOfTheStandard() {
    #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.of([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.of(UInt8(0)..<32) == 0x46DD_794E)
    #expect(CRC32C.of("123456789".utf8) == 0xE306_9283)
  }

  @Test func aRecordIsLengthCheckEventAndCheck() {
    let record = EventFile.record([1, 2, 3])
    #expect(record.count == 8 + 4 + 3 + 4)
    #expect(Array(record.prefix(8)) == [3, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(record[12..<15]) == [1, 2, 3])
    func unmasked(_ bytes: ArraySlice<UInt8>) -> UInt32 {
      let value = bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) } &- 0xA282_EAD8
      return value >> 17 | value << 15
    }
    #expect(unmasked(record[8..<12]) == CRC32C.of(record.prefix(8)))
    #expect(unmasked(record[15..<19]) == CRC32C.of([1, 2, 3]))
  }

  /// The bytes that Python's tensorboard 2.20 makes of the same event with SerializeToString.
  @Test func aScalarHasTheBytesThatTensorFlowGivesIt() {
    let event = Event("loss/training", .scalar(0.25), step: 300, time: 1000.5)
    #expect(
      event.bytes
        == [0x09, 0, 0, 0, 0, 0, 0x44, 0x8F, 0x40]  // wall_time
        + [0x10, 0xAC, 0x02]  // step
        + [0x2A, 22, 0x0A, 20, 0x0A, 13] + Array("loss/training".utf8)
        + [0x15, 0, 0, 0x80, 0x3E])
  }

  @Test func aHistogramCountsEveryFiniteNumberOnce() {
    let histogram = EventHistogram(of: [-1, 0, 0.5, 1, .nan, .infinity], intervals: 4)
    #expect(histogram.limits == [-0.5, 0, 0.5, 1])
    #expect(histogram.counts == [1, 0, 1, 2])
    #expect((histogram.count, histogram.sum, histogram.sumOfSquares) == (4, 0.5, 2.25))
    #expect((histogram.least, histogram.largest) == (-1, 1))
  }

  @Test func equalNumbersAndNoneAreOneInterval() {
    #expect(EventHistogram(of: [2, 2, 2]).counts == [3])
    #expect(EventHistogram(of: [2, 2, 2]).limits == [2])
    #expect(EventHistogram(of: [Float.nan]).counts == [0])
    #expect(EventHistogram(of: []).count == 0)
  }

  @Test func filesOfOneSecondHaveDifferentNames() throws {
    try withFolder { folder in
      let files = try (0..<3).map { _ in try EventFile(inFolder: folder + "/runs/a", time: 5) }
      #expect(Set(files.map(\.path)).count == 3)
      for file in files {
        #expect(file.path.contains("events.out.tfevents.5."))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
        #expect(Array(bytes) == EventFile.record(Event.version(time: 5)))
      }
    }
  }

  @Test func aFileInTheFoldersPlaceIsToldByName() throws {
    try withFolder { folder in
      let path = folder + "/runs"
      try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
      let failure = #expect(throws: EventFile.Failure.self) { try EventFile(inFolder: path) }
      #expect(failure?.description.contains(path) == true)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("mine".utf8))
    }
  }

  @Test(.enabled(if: Python.hasTensorBoard, "needs Python's package tensorboard"))
  func pythonsTensorBoardReadsEveryKindOfEvent() throws {
    try withFolder { folder in
      let file = try EventFile(inFolder: folder, time: 7)
      let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47]
      try file.append(Event("a/scalar", .scalar(0.5), step: 3, time: 8))
      try file.append(
        Event("b", .image(png: png, width: 5, height: 4, channels: 3), step: 4, time: 9))
      try file.append(
        Event("c", .histogram(EventHistogram(of: [1, 2, 3], intervals: 2)), step: 5, time: 10))
      try file.append(Event("d", .text("| a | β |"), step: 1 << 40, time: 11))
      let network = try Network(
        text: "conv 2 3x3, residual(conv 2 1x1, relu), flatten, dense 3", input: [1, 4, 4], seed: 1)
      try file.append(graphOf: network, time: 12)
      try file.append(
        EventHyperparameters([("epochs", .number(3)), ("model", .text("lenet"))]), time: 13)
      try file.appendEnd(time: 14)
      let found = try Python.run(
        """
        import sys
        from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.graph_pb2 import GraphDef
        from tensorboard.plugins.hparams import metadata
        for raw in RawEventFileLoader(sys.argv[1]).Load():
          e = Event.FromString(raw)
          if e.file_version: print(e.file_version, e.wall_time)
          if e.graph_def:
            for n in GraphDef.FromString(e.graph_def).node:
              shape = [d.size for d in n.attr["_output_shapes"].list.shape[0].dim]
              print(n.name, n.op, list(n.input), shape, n.attr["parameters"].i)
          for v in e.summary.value:
            kind = v.WhichOneof("value")
            if kind == "simple_value": print(v.tag, e.step, v.simple_value)
            if kind == "image":
              print(v.tag, e.step, v.image.width, v.image.height, v.image.colorspace, v.image.encoded_image_string.hex())
            if kind == "histo":
              print(v.tag, e.step, v.histo.min, v.histo.max, v.histo.num, v.histo.sum, v.histo.sum_squares,
                    list(v.histo.bucket_limit), list(v.histo.bucket))
            if v.tag == metadata.SESSION_START_INFO_TAG:
              start = metadata.parse_session_start_info_plugin_data(v.metadata.plugin_data.content)
              print(start.hparams["epochs"].number_value, start.hparams["model"].string_value, start.start_time_secs)
            elif v.tag == metadata.SESSION_END_INFO_TAG:
              end = metadata.parse_session_end_info_plugin_data(v.metadata.plugin_data.content)
              print(end.status, end.end_time_secs)
            elif kind == "tensor":
              print(v.tag, e.step, v.metadata.plugin_data.plugin_name, v.tensor.string_val[0].decode(),
                    v.tensor.dtype, v.tensor.tensor_shape.dim[0].size)
        """, file.path)
      #expect(
        found.split(separator: "\n") == [
          "brain.Event:2 7.0", "a/scalar 3 0.5", "b 4 5 4 3 89504e47",
          "c 5 1.0 3.0 3.0 6.0 14.0 [2.0, 3.0] [1.0, 2.0]",
          "d 1099511627776 text | a | β | 7 1",
          "input Placeholder [] [-1, 1, 4, 4] 0",
          "conv1 conv ['input'] [-1, 2, 2, 2] 20",
          "conv2 conv ['conv1'] [-1, 2, 2, 2] 6",
          "relu1 relu ['conv2'] [-1, 2, 2, 2] 0",
          "add1 add ['conv1', 'relu1'] [-1, 2, 2, 2] 0",
          "flatten1 flatten ['add1'] [-1, 8] 0",
          "fc1 dense ['flatten1'] [-1, 3] 27",
          "3.0 lenet 13.0", "1 14.0",
        ])
    }
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "events-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }
}
