import Striate
import Testing

/// Plans that are used again: nobody sees them but by the clock.
struct IdlePlanTests {
  private let images = Tensor(
    shape: [2, 1, 6, 6], scalars: (0..<72).map { Float($0 % 11) / 11 })

  private func network() throws -> Network {
    try Network(input: [1, 6, 6], seed: 1) {
      Conv2D(filters: 3, kernel: 3)
      ReLU()
      Flatten()
      Dense(2)
    }
  }

  @Test func aSecondCallGivesTheSame() throws {
    let network = try network()
    #expect(network.idlePlanCount == 0)
    let first = try network(images)
    #expect(network.idlePlanCount == 1)
    #expect(try network(images) == first)
    #expect(network.idlePlanCount == 1)
    let one = Tensor(shape: [1, 1, 6, 6], scalars: Array(images.scalars[36...]))
    #expect(try network(one).scalars == Array(first.scalars[2...]))
    #expect(network.idlePlanCount == 2)
    #expect(try network(images) == first)
  }

  /// The outputs are those of the parameters at the time of the call, in every copy.
  @Test func aChangedNetworkForgetsItsPlans() throws {
    let before = try network()
    let first = try before(images)
    var after = before
    #expect(after.idlePlanCount == 1)
    after.parameters[1].tensor.scalars[0] += 1
    #expect(after.idlePlanCount == 0)
    #expect(before.idlePlanCount == 1)
    let second = try after(images)
    #expect(second != first)
    #expect(try before(images) == first)
    #expect(try after(images) == second)
    after.parameters[1].tensor.scalars[0] = before.parameters[1].tensor.scalars[0]
    #expect(try after(images) == first)
  }

  /// Copies that share nothing yet but are made before the first call.
  @Test func aCopyMadeBeforeTheFirstCallIsItsOwn() throws {
    var one = try network()
    let other = one
    one.parameters[3].tensor.scalars[1] = 5
    let changed = try one(images)
    let unchanged = try other(images)
    #expect(changed != unchanged)
    #expect(try one(images) == changed)
    #expect(try other(images) == unchanged)
  }

  /// Classifying uses the plans of calls with as many threads.
  @Test func classifyingUsesPlansAgain() throws {
    let network = try network()
    for threads in [1, 2, 1, 2] {
      #expect(try network.classify(images, threads: threads).count == 2)
    }
    #expect(network.idlePlanCount == 2)
  }

  /// A plan of more than 256 MiB is not kept, and does not drive away others.
  @Test func aLargePlanIsNotKept() throws {
    let network = try Network(input: [1, 96, 96], seed: 1) {
      Conv2D(filters: 64, kernel: 1)
      GlobalAveragePool2D()
    }
    let one = Tensor(repeating: 0.5, shape: [1, 1, 96, 96])
    let many = Tensor(repeating: 0.5, shape: [128, 1, 96, 96])
    let first = try network(one)
    #expect(network.idlePlanCount == 1)
    #expect(try network(many).scalars.count == 128 * 64)
    #expect(network.idlePlanCount == 1)
    #expect(try network(one) == first)
  }

  /// Calls at the same time have plans of their own.
  @Test func callsAtTheSameTimeDoNotMeet() async throws {
    let network = try network()
    let expected = try network(images)
    try await withThrowingTaskGroup(of: Tensor.self) { group in
      for _ in 0..<100 { group.addTask { try network(images) } }
      for try await outputs in group { #expect(outputs == expected) }
    }
  }
}
