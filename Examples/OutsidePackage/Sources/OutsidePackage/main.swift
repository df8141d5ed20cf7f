import Striate

// Two classes of 8×8 images: bright above, or bright below.
let pixels = (0..<64 * 64).map { index in
  let (image, row) = (index / 64, index % 64 / 8)
  return (row < 4) == (image % 2 == 0) ? Float(image % 7 + 4) / 10 : 0
}
let images = try Dataset(
  imageShape: [1, 8, 8], pixels: .floats(pixels), labels: (0..<64).map { $0 % 2 },
  classNames: ["above", "below"])
var network = try Network(input: [1, 8, 8], seed: 1) {
  Conv2D(filters: 4, kernel: 3)
  ReLU()
  Flatten()
  Dense(2)
}
let trainer = Trainer(
  loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 1e-2), batchSize: 16)
for epoch in try trainer.train(&network, on: images, epochs: 5) { print(epoch) }
let path = CommandLine.arguments.dropFirst().first ?? "outside.safetensors"
try network.save(to: path)
let loaded = try Network(contentsOf: path)
precondition(loaded.parametersSHA256 == network.parametersSHA256)
print("accuracy", try loaded.evaluate(on: images).accuracy)
