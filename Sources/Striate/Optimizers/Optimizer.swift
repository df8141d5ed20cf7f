import LaneKernels

/// A rule that changes parameters so that a loss falls.
///
/// The rule is a value without memory: what it remembers from step to step is the state, arrays of the
/// parameter's size that start at zero and belong to whoever trains.
public protocol Optimizer: Sendable {
  /// How far one step goes.
  var learningRate: Float { get set }

  /// λ: how strongly weights are drawn towards zero. A rule without it has 0 and stays at 0.
  var weightDecay: Double { get set }

  /// What a user calls the rule: "adam".
  var name: String { get }

  /// The rule with its numbers, those at their defaults left out: "sgd 0.01 momentum 0.9".
  var text: String { get }

  /// The number of state arrays it keeps for each parameter.
  var stateCount: Int { get }

  /// What one call of `update` is given.
  var scope: UpdateScope { get }

  /// The Floats of memory that `update` needs for a parameter of that shape while it runs.
  func scratchCount(shape: [Int]) -> Int

  /// Throws `InvalidOptimizer` where a number is outside its range.
  func validate() throws

  /// One update of one parameter in Double.
  ///
  /// - Parameters:
  ///   - w: The parameter's elements.
  ///   - shape: The parameter's shape.
  ///   - gradient: ∂E/∂w.
  ///   - state: `stateCount` arrays as long as `w`, zeros before the first step.
  ///   - step: The number of this step; the first is 1.
  func referenceUpdate(
    _ w: inout [Double], shape: [Int], gradient: [Double], state: inout [[Double]], step: Int)

  /// One update of a part of the parameters in the engine. The first step is 1.
  func update(_ slice: ParameterSlice, step: Int)
}

extension Optimizer {
  /// 0: a rule has no weight decay unless it says so.
  public var weightDecay: Double {
    get { 0 }
    set {}
  }

  /// Elements: most rules treat each number by itself.
  public var scope: UpdateScope { .elements }

  /// None.
  public func scratchCount(shape: [Int]) -> Int { 0 }

  /// One update of a parameter of one axis in Double.
  public func referenceUpdate(
    _ w: inout [Double], gradient: [Double], state: inout [[Double]], step: Int
  ) {
    referenceUpdate(&w, shape: [w.count], gradient: gradient, state: &state, step: step)
  }
}

/// What one call of an optimizer's `update` is given.
public enum UpdateScope: Sendable, Equatable {
  /// Any part of the parameters: each number is updated by itself.
  case elements
  /// One whole parameter, with its shape: a number's update depends on the others.
  case parameter
}

/// A part of a network's parameters in the engine's memory, with their gradient and the optimizer's
/// state.
public struct ParameterSlice {
  /// The number of Floats, a multiple of 16. What follows a parameter's last element is zero and stays zero.
  public let count: Int

  /// The shape of the parameter where the rule's scope is `.parameter`, else empty.
  public let shape: [Int]

  /// The parameters.
  public let weights: UnsafeMutablePointer<Float>

  /// ∂E/∂w.
  public let gradient: UnsafePointer<Float>

  /// The kernels of the processor.
  public var kernels: UpdateKernels { _read { yield table.pointee } }
  /// Where they lie: they are many functions, and a step has many slices.
  private let table: UnsafePointer<UpdateKernels>

  /// As many Floats as `scratchCount` asked for, from a cache line on; any numbers.
  public let scratch: UnsafeMutablePointer<Float>

  private let states: UnsafeMutablePointer<Float>
  private let stateStride: Int

  /// A slice whose state arrays start `stateStride` Floats apart; the table outlives it.
  package init(
    count: Int, shape: [Int] = [], weights: UnsafeMutablePointer<Float>,
    gradient: UnsafePointer<Float>, kernels: UnsafePointer<UpdateKernels>,
    states: UnsafeMutablePointer<Float>,
    stateStride: Int, scratch: UnsafeMutablePointer<Float>? = nil
  ) {
    (self.count, self.shape) = (count, shape)
    (self.weights, self.gradient, table) = (weights, gradient, kernels)
    (self.states, self.stateStride) = (states, stateStride)
    self.scratch = scratch ?? states
  }

  /// The state array of that index.
  public func state(_ index: Int) -> UnsafeMutablePointer<Float> {
    states + index * stateStride
  }
}

/// A number of an optimizer is outside its range, or no optimizer has that name.
public struct InvalidOptimizer: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String

  /// An optimizer that was refused.
  init(_ what: String, expected: String, found: String) {
    description = "\(what): expected \(expected), found \(found)"
  }
}

/// The ranges of an optimizer's numbers. Each throws `InvalidOptimizer`; NaN is in no range, nor is
/// what the engine's Floats round to 0, to 1 or to infinity.
extension InvalidOptimizer {
  static func requirePositive(_ what: String, _ value: Double) throws {
    guard value > 0, Float(value).isNormal else {
      throw InvalidOptimizer(
        what,
        expected: value > 0 && value.isFinite ? "a number from 1e-37 to 1e38" : "a positive number",
        found: value.short)
    }
  }

  static func requirePositive(_ what: String, _ value: Float) throws {
    guard value > 0, value.isNormal else {
      throw InvalidOptimizer(
        what,
        expected: value > 0 && value.isFinite ? "a number from 1e-37 to 1e38" : "a positive number",
        found: value.short)
    }
  }

  static func requireNotNegative(_ what: String, _ value: Double) throws {
    guard value >= 0, Float(value).isFinite else {
      throw InvalidOptimizer(what, expected: "a number not below 0", found: value.short)
    }
  }

  static func requireFraction(_ what: String, _ value: Double) throws {
    guard value >= 0, Float(value) < 1 else {
      throw InvalidOptimizer(
        what, expected: "a number from 0 to 1, 1 left out", found: value.short)
    }
  }
}

extension Float {
  /// The number as a user writes it: "1" and not "1.0".
  var short: String {
    self == rounded() && abs(self) < 1e7 ? String(Int(self)) : String(self)
  }
}
