import Striate
import StriateData
let pair = try NamedDataset.mnist.load(dataFolder: nil)
let lenet = CommandLine.arguments.contains("lenet")
var net = try Network(input: [1, 28, 28], seed: 0) {
  Conv2D(filters: lenet ? 20 : 8, kernel: 5)
  ReLU()
  if lenet { MaxPool2D(2) }
  Conv2D(filters: lenet ? 50 : 8, kernel: 5)
  ReLU()
  MaxPool2D(2)
  Flatten()
  Dense(lenet ? 500 : 128)
  ReLU()
  Dense(10)
}
let trainer = Trainer(
  loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 1e-3), batchSize: 32,
  threads: Int(CommandLine.arguments[1])!)
for e in try trainer.train(&net, on: pair.training, epochs: 2) { print(e) }
let c = ContinuousClock.now
print(try net.evaluate(on: pair.test).accuracy, ContinuousClock.now - c)
