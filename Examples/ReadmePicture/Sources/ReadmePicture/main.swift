// Draws the README's picture: one unseen built-in digit of each class, with what a network trained on
// others takes it for. Writes SVG to standard output.
import Striate
import StriateData

let training = try Digits.builtIn(count: 20_000, seed: 1)
let test = try Digits.builtIn(count: 200, seed: 2)
let model = try NamedModel(named: "numpy-cnn")
var network = try model.network(seed: 0)
let trainer = Trainer(loss: model.loss, optimizer: model.optimizer, batchSize: model.batchSize)
try trainer.train(&network, on: training, epochs: 4)

let cell = 3
let side = 28 * cell
let gap = 10
let barHeight = 5
let height = side + 20 + 3 * (barHeight + 3)
let width = 10 * (side + gap) - gap

/// A grey in eight steps, black ink on white paper.
func shade(_ pixel: Float) -> Int { 7 - Int((pixel * 7).rounded()) }

/// The image as horizontal runs of one grey.
func runs(of image: Tensor, left: Int) -> String {
  var svg = ""
  for row in 0..<28 {
    var start = 0
    while start < 28 {
      let level = shade(image[0, row, start])
      var end = start + 1
      while end < 28, shade(image[0, row, end]) == level { end += 1 }
      if level < 7 {
        let grey = "#" + String(repeating: String(level * 2, radix: 16), count: 3)
        svg += "<rect x='\(left + start * cell)' y='\(row * cell)' width='\((end - start) * cell)' "
        svg += "height='\(cell)' fill='\(grey)'/>\n"
      }
      start = end
    }
  }
  return svg
}

print("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 \(width) \(height)' role='img'")
print("  font-family='sans-serif' font-size='12' shape-rendering='crispEdges'>")
print("<title>Ten built-in digits with the three likeliest classes of each</title>")
print("<rect width='\(width)' height='\(height)' fill='#fff'/>")
for digit in 0..<10 {
  guard let index = test.labels.firstIndex(of: digit) else { continue }
  let image = try test.image(at: index)
  let left = digit * (side + gap)
  let prediction = try network.classify(image.reshaped(to: [1, 1, 28, 28]))[0]
  print("<rect x='\(left)' width='\(side)' height='\(side)' fill='#fff' stroke='#ccc'/>")
  print(runs(of: image, left: left), terminator: "")
  let ranking = prediction.probabilities.enumerated().sorted { $0.element > $1.element }.prefix(3)
  for (place, entry) in ranking.enumerated() {
    let y = side + 14 + place * (barHeight + 6)
    let length = Int((entry.element * Float(side - 14)).rounded())
    let (ink, fill) = place == 0 ? ("#000", "#0072b2") : ("#777", "#bbb")
    print("<text x='\(left)' y='\(y)' fill='\(ink)'>\(entry.offset)</text>")
    print("<rect x='\(left + 12)' y='\(y - 7)' width='\(max(1, length))'")
    print("  height='\(barHeight)' fill='\(fill)'/>")
  }
}
print("</svg>")
