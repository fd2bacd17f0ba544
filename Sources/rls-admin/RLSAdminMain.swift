import RLSCommands

@main
struct RLSAdminMain {
    static func main() async { await Programs.admin() }
}
