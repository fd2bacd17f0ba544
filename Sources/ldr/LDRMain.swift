import LDRCommands

@main
struct LDRMain {
    static func main() async { await LDRPrograms.ldr() }
}
