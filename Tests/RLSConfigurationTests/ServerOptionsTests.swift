import RLSConfiguration
import Testing

extension ServerOption: CustomTestStringConvertible {
    package var testDescription: String { key }
}

@Suite struct ServerOptionsTests {
    private static let defaults = ServerConfiguration()
    private static let withDefault = ServerOptions.all.filter { !($0.get(defaults).first ?? "").isEmpty }
    private static let numbers = ServerOptions.all.filter { $0.values.contains(/^[0-9]+-[0-9]+/) }

    @Test(arguments: withDefault)
    func defaultTextSetsAndGetsBack(option: ServerOption) throws {
        var configuration = ServerConfiguration()
        let text = try #require(option.get(configuration).first)
        try option.set(&configuration, text)
        #expect(configuration == ServerConfiguration())
        #expect(option.get(configuration) == [text])
    }

    @Test(arguments: [
        ("lrc_server", "true"), ("rli_server", "true"), ("lrc_db_url", "sqlite:/a b"), ("rli_db_url", "sqlite:x"),
        ("listen_address", "192.0.2.1"), ("port", "0"), ("myurl", "rls://h:1"), ("insecure_listen_anywhere", "true"),
        ("maxconnections", "7"), ("stats_format", "1.1"), ("loglevel", "warning"),
        ("acl", "^/O=a/CN=b$: lrc_read stats"),
        ("authentication", "false"), ("pidfile", "/run/x"), ("result_limit", "5"), ("rlscertfile", "/c"),
        ("rlskeyfile", "/k"), ("rli_bloomfilter_dir", "/d"), ("update_immediate", "true"),
    ])
    func otherValuesSetAndGetBack(key: String, text: String) throws {
        let option = try #require(ServerOptions.option(key))
        var configuration = ServerConfiguration()
        try option.set(&configuration, text)
        #expect(option.get(configuration) == [text])
        #expect(configuration != ServerConfiguration())
        var copied = ServerConfiguration()
        option.copy(configuration, &copied)
        #expect(copied == configuration)
    }

    @Test(arguments: numbers)
    func bounds(option: ServerOption) throws {
        let range = try #require(option.values.split(separator: " ").first).split(separator: "-").compactMap { Int($0) }
        try #require(range.count == 2)
        for number in range {
            var configuration = ServerConfiguration()
            try option.set(&configuration, "\(number)")
            #expect(option.get(configuration) == ["\(number)"])
        }
        for text in ["\(range[0] - 1)", "\(range[1] + 1)", "", "x", "1.5", "99999999999999999999"] {
            var configuration = ServerConfiguration()
            #expect(throws: ServerOption.ValueError.self, "\(text)") { try option.set(&configuration, text) }
            #expect(configuration == ServerConfiguration())
        }
    }

    @Test(arguments: [
        ("true", true), ("YES", true), ("on", true), ("1", true), ("False", false), ("no", false), ("0", false),
    ])
    func flagsInManySpellings(text: String, isOn: Bool) throws {
        var configuration = ServerConfiguration()
        try #require(ServerOptions.option("lrc_server")).set(&configuration, text)
        #expect(configuration.isCatalog == isOn)
    }

    @Test(arguments: [("0", LogLevel.info), ("1", .debug), ("2", .trace), ("9", .trace), ("error", .error)])
    func logLevelsOfTheOriginal(text: String, level: LogLevel) throws {
        var configuration = ServerConfiguration()
        configuration.logLevel = .critical
        try #require(ServerOptions.option("loglevel")).set(&configuration, text)
        #expect(configuration.logLevel == level)
    }

    @Test func keysAndAliasesAreUnique() {
        let keys = ServerOptions.all.flatMap { [$0.key] + $0.aliases }
        #expect(Set(keys).count == keys.count)
        #expect(keys.allSatisfy { ServerOptions.option($0) != nil })
        #expect(ServerOptions.option("nonsense") == nil)
    }

    @Test func everyRowIsExplained() {
        for option in ServerOptions.all { #expect(!option.help.isEmpty && !option.values.isEmpty, "\(option.key)") }
        #expect(Self.withDefault.count > 25)
        #expect(Self.numbers.count > 20)
    }
}
