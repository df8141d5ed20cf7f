import Foundation

// Writing to a pipe that nobody reads ends the process quietly, as it does for other tools.
signal(SIGPIPE, SIG_DFL)
exit(Program.run(Array(CommandLine.arguments.dropFirst())).rawValue)
