/// The connected patches of ink in a picture.
struct InkComponents {
  /// A patch of pixels that touch one another, corners included.
  struct Component {
    var box: PixelBox
    var area = 0
    var mass: Float = 0
    var peak: Float = 0
    var touchesBorder = false
  }

  /// The component of each pixel; −1 for paper.
  private(set) var owners: [Int]

  /// The components, numbered in reading order of their first pixels.
  private(set) var components: [Component] = []

  /// The components of the pixels whose ink exceeds `threshold`.
  init(of ink: GreyImage, above threshold: Float) {
    owners = [Int](repeating: -1, count: ink.values.count)
    var open: [Int] = []
    for start in ink.values.indices where ink.values[start] > threshold && owners[start] < 0 {
      let number = components.count
      var left = Int.max, right = 0, top = Int.max, bottom = 0
      var component = Component(box: PixelBox(left: 0, top: 0, width: 0, height: 0))
      owners[start] = number
      open.append(start)
      while let index = open.popLast() {
        let (row, column) = index.quotientAndRemainder(dividingBy: ink.width)
        left = min(left, column)
        right = max(right, column)
        top = min(top, row)
        bottom = max(bottom, row)
        component.area += 1
        component.mass += ink.values[index]
        component.peak = max(component.peak, ink.values[index])
        for y in max(row - 1, 0)...min(row + 1, ink.height - 1) {
          for x in max(column - 1, 0)...min(column + 1, ink.width - 1) {
            let neighbour = y * ink.width + x
            guard owners[neighbour] < 0, ink.values[neighbour] > threshold else { continue }
            owners[neighbour] = number
            open.append(neighbour)
          }
        }
      }
      component.box = PixelBox(
        left: left, top: top, width: right - left + 1, height: bottom - top + 1)
      component.touchesBorder =
        left == 0 || top == 0 || right == ink.width - 1 || bottom == ink.height - 1
      components.append(component)
    }
  }

  /// The numbers of the components that make up the digit: the heaviest, and what lies near it and
  /// is more than a speck. Patches that the picture's border cuts count for less.
  ///
  /// Only components whose ink somewhere exceeds `strong` are considered.
  func digit(strong: Float) -> Set<Int> {
    let candidates = components.indices.filter { components[$0].peak > strong }
    func importance(_ number: Int) -> Float {
      components[number].mass * (components[number].touchesBorder ? 0.2 : 1)
    }
    guard let main = candidates.max(by: { importance($0) < importance($1) }) else { return [] }
    var members: Set = [main]
    var box = components[main].box
    var grows = true
    while grows {
      grows = false
      for number in candidates where !members.contains(number) {
        let isSpeck = importance(number) < 0.03 * importance(main)
        let isFar = 5 * components[number].box.gap(to: box) > box.side
        if isSpeck || isFar { continue }
        members.insert(number)
        box = box.union(components[number].box)
        grows = true
      }
    }
    return members
  }
}
