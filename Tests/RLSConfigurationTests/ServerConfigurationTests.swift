import RLSConfiguration
import RLSSecurity
import Testing

@Suite struct ServerConfigurationTests {
    @Test func withoutAuthenticationItStaysOnThisMachine() {
        var configuration = ServerConfiguration()
        #expect(configuration.effectiveListenAddress == "::")
        configuration.isAuthenticated = false
        #expect(configuration.effectiveListenAddress == "127.0.0.1")
        configuration.isInsecureListenAnywhereAllowed = true
        #expect(configuration.effectiveListenAddress == "::")
        configuration.listenAddress = "192.0.2.1"
        #expect(configuration.effectiveListenAddress == "192.0.2.1")
    }

    @Test func embeddedDefaultAllowsEverything() {
        let configuration = ServerConfiguration.embedded(database: "/tmp/x.db")
        #expect(configuration.catalogDatabase == "sqlite:/tmp/x.db")
        #expect(configuration.effectiveListenAddress == "127.0.0.1")
        #expect(configuration.accessList.grants(to: .anonymous).general == .all)
        #expect(configuration.accessList.grants(to: Identity(dn: "someone")).general == [])
    }

    @Test func accessLinesReplaceTheDefault() throws {
        var configuration = ServerConfiguration.embedded(database: "x")
        configuration.accessRules = [try AccessRule("^nobody$: all")]
        #expect(configuration.accessList.grants(to: .anonymous).general == [])
    }

    @Test func withAuthenticationNothingIsAllowedByDefault() {
        #expect(ServerConfiguration().accessList.grants(to: .anonymous).general == [])
    }
}
