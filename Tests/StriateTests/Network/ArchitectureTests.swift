import Foundation
import Striate
import Testing

@Suite struct ArchitectureTests {
  private func layer(_ name: String, _ text: String, _ inputs: String...) -> Architecture.Layer {
    Architecture.Layer(name: name, layer: text, inputs: inputs)
  }

  private func refusal(
    inputs: [Architecture.Input] = [Architecture.Input(name: "x", shape: [4])],
    _ layers: Architecture.Layer...
  ) -> String {
    message {
      _ = try Network(architecture: Architecture(inputs: inputs, layers: layers), seed: 1)
    }
  }

  @Test func aNetworkAndItsArchitectureAreTheSame() throws {
    let network = try Network(inputs: [("x", [2, 6, 6]), ("y", [2, 6, 6])], seed: 3) { value in
      let sum = Add()(value[0], value[1])
      let left = Conv2D(filters: 2, kernel: 3, padding: 1)(sum)
      return Dense(3)(Flatten()(Multiply()(left, sum)))
    }
    let architecture = network.architecture
    let json = try JSONEncoder().encode(architecture)
    let decoded = try JSONDecoder().decode(Architecture.self, from: json)
    #expect(decoded == architecture)
    let again = try Network(architecture: decoded, seed: 3)
    #expect(again.architecture == architecture)
    #expect(again.parameters == network.parameters)
    #expect(again.nodes.map(\.inputs) == network.nodes.map(\.inputs))
  }

  @Test func namesMustBeKnownUniqueAndInOrder() {
    #expect(refusal(layer("a", "relu", "x"), layer("b", "dense 2", "a")) == "")
    #expect(
      refusal(layer("abc", "relu", "x"), layer("b", "relu", "abd"))
        == "architecture, layer 2 \"b\": expected the names of inputs and layers, found \"abd\": "
        + "did you mean \"abc\"?")
    #expect(
      refusal(layer("a", "relu", "b"), layer("b", "relu", "a"))
        == "architecture, layer 1 \"a\": expected inputs that stand before it, found \"b\", which "
        + "does not: list each layer after those it reads from; a network has no cycles")
    #expect(refusal(layer("a", "relu", "a")).contains("a network has no cycles"))
    #expect(
      refusal(layer("a", "relu", "x"), layer("a", "relu", "a"))
        == "architecture, layer 2 \"a\": expected a name of its own, found it twice")
    #expect(
      refusal(layer("x", "relu", "x"))
        == "architecture, layer 1 \"x\": expected a name of its own, found it twice")
    #expect(
      refusal(layer("", "relu", "x"))
        == "architecture, layer 1 \"\": expected a name of 1 to 256 bytes, found 0")
    #expect(
      refusal(layer("a", "relu"))
        == "architecture, layer 1 \"a\": expected at least one input, found none")
    #expect(
      refusal(layer("a", "relu", "x"), layer("b", "relu", "x"))
        == "architecture, layer \"a\": expected a layer that reads it, found none: "
        + "remove it, or make it an output")
    #expect(
      refusal(inputs: [], layer("a", "relu", "x")).contains("expected the names of inputs"))
    #expect(refusal().contains("expected at least one layer"))
    #expect(
      refusal(layer("a", "relu, relu", "x"))
        .hasPrefix(
          "architecture, layer 1 \"a\": unknown layer; did you mean \"relu\"? known layers: "
            + "abs, adaptiveavgpool, ")
    )
  }

  @Test func shapesMustBePositiveAndSmallEnough() {
    for shape in [[], [0], [-1, -1], [1 << 40], [1 << 16, 1 << 16, 1 << 32]] {
      #expect(
        refusal(inputs: [Architecture.Input(name: "x", shape: shape)], layer("a", "relu", "x"))
          .contains("expected positive sizes with at most"))
    }
    #expect(
      refusal(layer("a", "add", "x"))
        == "layer 1 \"a\" add: expected at least two inputs, found 1: give it two values or more "
        + "(input [4]; shapes […] and the same […] → […])")
  }
}
