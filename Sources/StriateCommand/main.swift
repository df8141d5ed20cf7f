import Foundation

// Writing to a pipe that nobody reads ends the process quietly, as it does for other tools. A file that
// grows beyond the user's limit is an error like a full disk, so that nothing half written stays behind.
signal(SIGPIPE, SIG_DFL)
signal(SIGXFSZ, SIG_IGN)
Console.holdClosedStreams()
exit(Program.run(Array(CommandLine.arguments.dropFirst())).rawValue)
