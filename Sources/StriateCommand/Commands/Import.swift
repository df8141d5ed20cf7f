import Striate
import StriateExplain
import StriateFormats

extension Command {
  /// Named apart from the keyword.
  static let importing = Command(
    name: "import",
    summary: "Make a model of weights that another program has saved.",
    usage: [
      "WEIGHTS --model NAME --out FILE [options]",
      "WEIGHTS --network TEXT --input CxHxW --out FILE [options]",
    ],
    details: """
      WEIGHTS is PyTorch's state dict: a safetensors file, the index.json of one that was cut into
      shards, or what torch.save(model.state_dict()) writes. No code in it is ever run.
      Every parameter of the network must be there in its shape, and nothing else but counters of batches;
      what does not fit is listed. Words that all names begin with, such as "module.", are taken off.
      Pixels enter the model as --mean and --std say: they are no part of a state dict.
      """,
    options: [
      Option("model", "NAME", "a known network:\n" + Recipe.lines(NamedModel.all.map(\.name))),
      Option("network", "TEXT", "a network as text: \"conv 8 5x5, relu, flatten, dense 10\""),
      Option("input", "CxHxW", "shape of one image (the one that the model is made for)"),
      Option("classes", "N", "number of outputs, for --model (1000)"),
      Option("out", "FILE", "where the model goes"),
      Option(
        "match", "KIND",
        "names: arrays have the names of the network's parameters;\n"
          + "order: they come in the same order, whatever their names (names)"),
      Option(
        "mean", "NUMBERS",
        "what is subtracted from pixels from 0 to 1, one a channel:\n"
          + "0.485,0.456,0.406; or imagenet, for --std too"),
      Option("std", "NUMBERS", "what they are divided by then: 0.229,0.224,0.225"),
      Option("class-names", "FILE", "a file with the name of each output on a line"),
      .json, .quiet,
    ],
    examples: [
      "striate import resnet18.safetensors --model resnet18 --mean imagenet --out r18.safetensors",
      "striate import net.pt --network \"dense 10\" --input 784 --match order --out m.safetensors",
    ],
    operands: ("WEIGHTS", 1...1),
    run: { try WeightImport($0).run() })
}
