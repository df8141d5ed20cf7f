/// The parts of a parameter that the tasks of its gradient write: who computes one can update it at once.
package struct ParameterDivision: Sendable {
  /// The gradient of the whole parameter.
  package let gradient: Floats
  /// One for each task: together all Floats of the parameter's memory, each from a multiple of 16 on.
  package let parts: [Range<Int>]
}
