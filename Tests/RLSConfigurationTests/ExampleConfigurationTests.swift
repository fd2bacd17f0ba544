import Foundation
import RLSConfiguration
import Testing

@Suite struct ExampleConfigurationTests {
    /// `rls-server --print-configuration > conf/rls-server.conf` brings it up to date.
    @Test func fileIsUpToDate() throws {
        let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = project.appendingPathComponent("conf/rls-server.conf")
        #expect(try String(contentsOf: file, encoding: .utf8) == ExampleConfiguration.text)
    }

    @Test func namesEveryKeywordOnce() {
        let lines = ExampleConfiguration.text.split(separator: "\n")
        for option in ServerOptions.all {
            #expect(lines.count { $0 == "#\(option.key)" || $0.hasPrefix("#\(option.key) ") } == 1, "\(option.key)")
        }
    }

    /// Taking the `#` away from every line with a value gives the defaults.
    @Test func defaultsAreTrue() throws {
        let lines = ExampleConfiguration.text.split(separator: "\n")
            .filter { $0.first == "#" && $0.dropFirst().first?.isLetter == true && $0.contains(" ") }
            .map { $0.dropFirst() }
        #expect(lines.count > 25)
        var configuration = ServerConfiguration()
        let warnings = try ConfigurationFile.apply(lines.joined(separator: "\n"), named: "example", to: &configuration)
        #expect(configuration == ServerConfiguration())
        #expect(warnings.isEmpty)
    }
}
