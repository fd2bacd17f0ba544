import RLSConfiguration
import RLSSecurity
import Testing

@Suite struct LiveConfigurationTests {
    @Test func setsWhatIsReloadable() throws {
        let live = LiveConfiguration(ServerConfiguration())
        let before = live.generation
        try live.set("maxconnections", to: "7")
        #expect(live.current.maximumConnections == 7)
        #expect(live.generation > before)
        try live.set("lrc_buffer_time", to: "8")
        #expect(live.current.bufferTime == 8)
        #expect(live.current.maximumConnections == 7)
    }

    @Test func accessLinesAreReplaced() throws {
        let live = LiveConfiguration(ServerConfiguration())
        try live.set("acl", to: "^a$: lrc_read; ^b$: all ;")
        #expect(live.current.accessRules.map(\.description) == ["^a$: lrc_read", "^b$: all"])
        try live.set("acl", to: "^c$: stats")
        #expect(live.current.accessRules.map(\.description) == ["^c$: stats"])
        // None at all would let everyone in where there is no authentication.
        #expect(throws: LiveConfiguration.Refusal.self) { try live.set("acl", to: " ; ") }
        #expect(live.current.accessRules.count == 1)
    }

    @Test(arguments: [
        ("nonsense", "1", "unknown option"), ("port", "1", "takes effect at the next start only"),
        ("lrc_db_url", "sqlite:x", "takes effect at the next start only"),
        ("authentication", "false", "takes effect at the next start only"),
        ("maxconnections", "0", "expected a number, 1-1000000, not `0`"),
        ("db_pwd", "x", "takes effect at the next start only"),
        ("acl", "^a$: all; nonsense", "expected `user: right…`"),
    ])
    func refuses(key: String, value: String, cause: String) throws {
        let live = LiveConfiguration(ServerConfiguration())
        let refusal = try #require(throws: LiveConfiguration.Refusal.self) { try live.set(key, to: value) }
        #expect("\(refusal)" == cause)
        #expect(live.current == ServerConfiguration())
        #expect(live.generation == 0)
    }

    @Test func reloadTakesOverAndTellsTheRest() throws {
        let live = LiveConfiguration(ServerConfiguration())
        try live.set("idletimeout", to: "5")
        var fresh = ServerConfiguration()
        fresh.port = 1
        fresh.catalogDatabase = "sqlite:x"
        fresh.maximumConnections = 9
        fresh.accessRules = [try AccessRule(".*: all")]
        #expect(live.reload(fresh).sorted() == ["lrc_db_url", "port"])
        #expect(live.current.maximumConnections == 9)
        #expect(live.current.accessRules == fresh.accessRules)
        #expect(live.current.idleTimeout == ServerConfiguration().idleTimeout)
        #expect(live.current.port == ServerConfiguration().port)
        #expect(live.generation == 2)
    }
}
