import Foundation
import RLSSecurity
import Testing

@testable import RLSConfiguration

@Suite struct ConfigurationTests {
    private func parse(_ text: String) throws -> (ServerConfiguration, [String]) {
        var configuration = ServerConfiguration()
        let notes = try ConfigurationFile.apply(text, named: "f", to: &configuration)
        return (configuration, notes)
    }

    @Test func readsTheOriginalsFiles() throws {
        let text = """
            # globus-rls-server.conf
            lrc_server\ttrue
              port 1234
            acl /O=Grid/CN=Alice: lrc_read lrc_update
            acl .*: stats
            lrc_update_bf 600\r
            loglevel 1
            db_pwd secret
            db_user me
            db_user you
            """
        let (configuration, notes) = try parse(text)
        #expect(configuration.isCatalog)
        #expect(configuration.port == 1_234)
        #expect(configuration.accessRules.count == 2)
        #expect(configuration.filterInterval == 600)
        #expect(configuration.logLevel == .debug)
        // Each keyword without meaning is named once.
        #expect(notes.count == 2)
        #expect(notes.allSatisfy { $0.contains("has no effect") && !$0.contains("secret") })
    }

    @Test(arguments: [
        ("a\nprot 5", "f:1: unknown keyword `a`"),
        ("port 5\nlisten_adress x", "f:2: unknown keyword `listen_adress`; did you mean `listen_address`?"),
        ("port x", "f:1: `port`: expected a number"), ("port 65536", "f:1: `port`: expected a number, 0-65535"),
        ("port", "f:1: `port` has no value"), ("lrc_server maybe", "f:1: `lrc_server`: expected true or false"),
        ("acl x: fly", "f:1: `acl`: unknown right `fly`"),
        ("acl (: all", "f:1: `acl`: `(` is not a regular expression"),
        ("loglevel loud", "f:1: `loglevel`: expected one of trace"),
    ])
    func mistakesNameTheirLine(text: String, complaint: String) {
        do {
            _ = try parse(text)
            Issue.record("no error")
        } catch { #expect("\(error)".hasPrefix(complaint), "\(error)") }
    }

    @Test func aSecondLineIsNoted() throws {
        let (configuration, notes) = try parse("port 1\nport 2")
        #expect(configuration.port == 2)
        #expect(notes == ["f:2: `port` was set in line 1 already; this line counts"])
    }

    @Test func everyOptionTakesItsOwnDefault() throws {
        #expect(
            Set(ServerOptions.all.flatMap { [$0.key] + $0.aliases }).count
                == ServerOptions.all.reduce(0) { $0 + 1 + $1.aliases.count })
        for option in ServerOptions.all where option.successor == nil {
            let defaults = ServerConfiguration()
            for text in option.get(defaults) where !text.isEmpty {
                var copy = ServerConfiguration()
                try option.set(&copy, text)
                #expect(copy == defaults, "\(option.key)")
            }
            #expect(!option.help.isEmpty)
        }
    }

    @Test func exampleFileIsUpToDate() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../conf/rls-server.conf")
        #expect(
            try String(contentsOf: file, encoding: .utf8) == ExampleConfiguration.text,
            "write it anew: rls-server --print-configuration > conf/rls-server.conf")
        // Every line of it, uncommented, is a valid option or text.
        #expect(try parse(ExampleConfiguration.text).0 == ServerConfiguration())
    }

    @Test func liveChanges() throws {
        let live = LiveConfiguration(ServerConfiguration())
        let before = live.generation
        try live.set("result_limit", to: "7")
        try live.set("acl", to: "^a$: lrc_read; ^b$: all")
        #expect(live.current.resultLimit == 7)
        #expect(live.current.accessRules.map(\.description) == ["^a$: lrc_read", "^b$: all"])
        #expect(live.generation == before + 2)
        for (key, value) in [("port", "5"), ("nonsense", "5"), ("result_limit", "-1"), ("acl", "a: fly")] {
            #expect(throws: LiveConfiguration.Refusal.self) { try live.set(key, to: value) }
        }
        var fresh = ServerConfiguration()
        fresh.idleTimeout = 5
        fresh.port = 99
        #expect(live.reload(fresh) == ["port"])
        #expect(live.current.idleTimeout == 5)
        #expect(live.current.port == ServerConfiguration().port)
        #expect(live.current.accessRules.isEmpty)
    }

    @Test func withoutAuthenticationOnlyLoopbackIsListenedOn() {
        var configuration = ServerConfiguration.embedded(database: "/x")
        #expect(configuration.effectiveListenAddress == "127.0.0.1")
        configuration.isInsecureListenAnywhereAllowed = true
        #expect(configuration.effectiveListenAddress == "::")
    }
}
