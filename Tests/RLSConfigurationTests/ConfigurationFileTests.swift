import RLSConfiguration
import RLSSecurity
import Testing

@Suite struct ConfigurationFileTests {
    private func read(_ text: String) throws -> (configuration: ServerConfiguration, warnings: [String]) {
        var configuration = ServerConfiguration()
        let warnings = try ConfigurationFile.apply(text, named: "rls.conf", to: &configuration)
        return (configuration, warnings)
    }

    @Test func keywordsAndValues() throws {
        let text = """
            # a comment
            lrc_server true
              port   39282  \r
            \tmaxconnections\t50

            lrc_db_url sqlite:/var/lib/rls/my catalog.db
            # port 1
            acl .*: lrc_read
            acl ^anonymous$: all
            loglevel 2
            """
        let (configuration, warnings) = try read(text)
        #expect(configuration.isCatalog)
        #expect(configuration.port == 39282)
        #expect(configuration.maximumConnections == 50)
        #expect(configuration.catalogDatabase == "sqlite:/var/lib/rls/my catalog.db")
        #expect(configuration.accessRules.map(\.description) == [".*: lrc_read", "^anonymous$: all"])
        #expect(configuration.logLevel == .trace)
        #expect(warnings.isEmpty)
    }

    @Test func linesEndInEitherWay() throws {
        let (configuration, _) = try read("port 1\r\nmaxconnections 2\r\n\r\nidletimeout 3")
        #expect(configuration.port == 1)
        #expect(configuration.maximumConnections == 2)
        #expect(configuration.idleTimeout == 3)
    }

    @Test func anEmptyFileChangesNothing() throws {
        for text in ["", "\n\n", "# nothing\n   # at all", "   "] {
            #expect(try read(text).configuration == ServerConfiguration())
        }
    }

    @Test(arguments: [
        ("port 1\nprot 2", "rls.conf:2: unknown keyword `prot`"),
        ("maxconnection 2", "rls.conf:1: unknown keyword `maxconnection`; did you mean `maxconnections`?"),
        ("Port 2", "rls.conf:1: unknown keyword `Port`"),
        ("\n\nport", "rls.conf:3: `port` has no value; expected 0-65535"),
        ("port 65536", "rls.conf:1: `port`: expected a number, 0-65535, not `65536`"),
        ("port -1", "rls.conf:1: `port`: expected a number, 0-65535, not `-1`"),
        ("port 1 2", "rls.conf:1: `port`: expected a number, 0-65535, not `1 2`"),
        ("lrc_server maybe", "rls.conf:1: `lrc_server`: expected true or false, not `maybe`"),
        (
            "lrc_db_url /tmp/x",
            "rls.conf:1: `lrc_db_url`: expected sqlite:PATH or postgresql://[USER[:PASSWORD]@]HOST[:PORT][,…]/DATABASE, not `/tmp/x`"
        ),
        (
            "# x\nacl .* lrc_read", "rls.conf:2: `acl`: expected `user: right…`"
        ),
        ("stats_format 2", "rls.conf:1: `stats_format`: expected one of 4.x 1.1, not `2`"),
    ])
    func errors(text: String, message: String) throws {
        let error = try #require(throws: ConfigurationFile.ParseError.self) { try read(text) }
        #expect("\(error)" == message)
    }

    @Test func aSecondLineCountsAndIsTold() throws {
        let (configuration, warnings) = try read("port 1\nport 2")
        #expect(configuration.port == 2)
        #expect(warnings == ["rls.conf:2: `port` was set in line 1 already; this line counts"])
    }

    @Test func anAliasIsTheSameKeyword() throws {
        let (configuration, warnings) = try read("lrc_buffer_time 5\nupdate_buftime 6")
        #expect(configuration.bufferTime == 6)
        #expect(warnings == ["rls.conf:2: `update_buftime` was set in line 1 already; this line counts"])
    }

    @Test func obsoleteKeywordsAreToldOnce() throws {
        let (_, warnings) = try read("db_user dbuser\nlogtype stderr")
        #expect(
            warnings == [
                "rls.conf:1: `db_user` has no effect; name the database in lrc_db_url",
                "rls.conf:2: `logtype` has no effect; the log goes to standard error",
            ])
        let (_, repeated) = try read("startthreads 1\nstartthreads 1")
        #expect(repeated.filter { $0.contains("no effect") }.count == 1)
    }

    /// A password in an old file is not repeated in the log.
    @Test func secretsStayOutOfWarnings() throws {
        let (configuration, warnings) = try read("db_pwd hunter2")
        #expect(warnings.count == 1)
        #expect(!warnings.joined().contains("hunter2"))
        #expect(ServerOptions.option("db_pwd")?.isSecret == true)
        #expect(!ServerOptions.all.flatMap { $0.get(configuration) }.contains("hunter2"))
    }
}
