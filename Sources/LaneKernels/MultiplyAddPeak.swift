/// Multiply-adds in registers alone, as many side by side as hide the latency of each: what a
/// processor does at most. Each round is 24 of all lanes, in registers of any width.
@export(implementation) @inline(__always)
func multiplyAddRounds<ISA: InstructionSet>(_ isa: ISA.Type, _ rounds: Int) -> Float {
  let parts = laneCount / ISA.Vector.scalarCount
  var sum = InlineArray<12, ISA.Vector>(repeating: ISA.broadcast(1))
  let (w, x) = (ISA.broadcast(0.5), ISA.broadcast(0.5))
  for _ in 0..<rounds &* parts &* 2 {
    for i in 0..<12 { ISA.multiplyAdd(&sum[i], w, x) }
  }
  var total: Float = 0
  for i in 0..<12 { total += ISA.sum(sum[i]) }
  return total
}

extension KernelTable {
  /// The multiply-adds of one round.
  public static let multiplyAddsOfRound = 24 * laneCount
}
