import Striate
import StriateData
import StriateExplain

extension Command {
  static let explain = Command(
    name: "explain",
    summary: "Show why a saved model says what it says.",
    usage: [
      "MODEL-FILE IMAGE… [--out SHEET.html] [options]",
      "MODEL-FILE DATA [--out SHEET.html] [options]",
      "MODEL-FILE DATA --excite LAYER[:FILTER] [--out SHEET.html]",
    ],
    details: """
      For each picture: the probabilities, and maps of what counts for the class and against it:

        saliency              where a small change of a pixel changes the class's score most
        smoothgrad            the same, averaged over noisy copies
        integrated-gradients  what each pixel adds to the score on the way from an empty picture
        grad-cam              where the maps of a layer speak for the class
        occlusion             how far the score falls where a square covers the picture

      --out writes everything as one page (.html) or one picture (.png), with the filters and what every
      layer computes; it may be given twice. With --json all maps go to standard output.
      Instead of pictures DATA may be what striate evaluate takes: the mistakes the model is surest of
      are explained then; with --excite, the images that excite the filters of a layer most are found.
      """,
    options: [
      Option("out", "FILE", "write a sheet: .html or .png; may be given twice"),
      Option("class", "L", "the class to explain, by name or number (the predicted one)"),
      Option("methods", "LIST", "these methods alone, separated by commas"),
      Option("layer", "NAME", "layer of grad-cam and of the filters (last and first convolution)"),
      Option("score", "WHAT", "logit, before a last softmax or sigmoid (usual), or output"),
      Option("samples", "N", "noisy copies for smoothgrad (50)"),
      Option("noise", "X", "their noise, as a share of the picture's range (0.15)"),
      Option("seed", "N", "what the noise depends on (0)"),
      Option("steps", "N", "points between baseline and picture for integrated-gradients (64)"),
      Option("baseline", "X", "pixel value, 0 to 1, of the empty picture and of the square (0)"),
      Option("window", "N", "side of the square for occlusion (a seventh of the picture)"),
      Option("stride", "N", "how far the square moves (half its side)"),
      Option("raw", "feed pictures as they are: their size must be the model's"),
      Option("show", "show picture and maps even where the output is no terminal"),
      Option("excite", "LAYER[:FILTER]", "of DATA: the images that excite these filters most"),
      Option("count", "N", "of DATA: mistakes to explain, or images for a filter (8)"),
      Option("limit", "N", "of DATA: N test images alone"),
    ] + DataSource.options + [.threads, .exact, .json, .quiet],
    examples: [
      "striate explain digits.safetensors my-digit.png --out sheet.html",
      "striate explain digits.safetensors my-digit.png --class 3 --methods occlusion --json",
      "striate explain digits.safetensors mnist --count 5 --out mistakes.png",
      "striate explain digits.safetensors digits --excite conv2:3 --out conv2.html",
    ],
    operands: ("MODEL-FILE IMAGE… or DATA", 2...Int.max),
    run: { arguments in
      let operands = arguments.operands.dropFirst()
      if operands.count == 1, ExplainedData.names(operands.last ?? "") {
        return try ExplainedData(arguments).run()
      }
      return try ExplainedPictures(arguments).run()
    })
}
