import RLSCommands

@main
struct RLSCLIMain {
    static func main() async { await Programs.cli() }
}
