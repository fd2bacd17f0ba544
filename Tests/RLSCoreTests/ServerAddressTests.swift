import RLSCore
import Testing

@Suite struct ServerAddressTests {
    @Test(arguments: [
        ("rls://host", ServerAddress(scheme: .authenticated, host: "host")),
        ("rlsn://host:1234", ServerAddress(scheme: .insecure, host: "host", port: 1234)),
        ("rlsn://host:1234/", ServerAddress(scheme: .insecure, host: "host", port: 1234)),
        ("rls://[::1]:39282", ServerAddress(scheme: .authenticated, host: "::1", port: 39282)),
        ("rlsn://[fe80::1]", ServerAddress(scheme: .insecure, host: "fe80::1")),
        ("rlsn://192.0.2.1:65535", ServerAddress(scheme: .insecure, host: "192.0.2.1", port: 65535)),
    ])
    func reads(text: String, address: ServerAddress) throws {
        let read = try ServerAddress(text)
        #expect(read == address)
        #expect(try ServerAddress(read.description) == address)
    }

    @Test func describesWithPortAndBrackets() throws {
        #expect(try ServerAddress("rls://host").description == "rls://host:39281")
        #expect(try ServerAddress("rlsn://[::1]").description == "rlsn://[::1]:39281")
    }

    @Test(arguments: [
        "", "host", "http://host", "RLS://host", "rls:/host", "rls://", "rls://:39281", "rls:///", "rls://host:",
        "rls://host:0", "rls://host:65536", "rls://host:-1", "rls://host:port", "rls://[::1", "rls://[::1]x",
        "rls://a b", "rls://host/path", "rls://host:1/path", "rls://[]",
    ])
    func refuses(text: String) {
        #expect(throws: CatalogError(.badURL, ByteString(text))) { try ServerAddress(text) }
    }
}
