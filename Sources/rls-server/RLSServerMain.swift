import RLSCommands

@main
struct RLSServerMain {
    static func main() async { await Programs.server() }
}
