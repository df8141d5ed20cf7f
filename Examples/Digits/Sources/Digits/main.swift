import Striate
import StriateData

let training = try Digits.builtIn(count: 20_000, seed: 1)
let test = try Digits.builtIn(count: 2_000, seed: 2)
var network = try Network(input: [1, 28, 28], seed: 1) {
  Conv2D(filters: 8, kernel: 5)
  ReLU()
  Conv2D(filters: 8, kernel: 5)
  ReLU()
  MaxPool2D(2)
  Flatten()
  Dense(128)
  ReLU()
  Dense(10)
}
let trainer = Trainer(
  loss: .softmaxCrossEntropy, optimizer: Adam(learningRate: 1e-3), batchSize: 32)
for epoch in try trainer.train(&network, on: training, epochs: 2) {
  print(epoch)
}
print(try network.evaluate(on: test).accuracy)
