import RLSSecurity
import RLSTestSupport
import Testing

@Suite struct GridMapTests {
    private static let text = """
        # users
        "/O=Grid/CN=Alice" alice
        /O=Grid/CN=Bob bob,bobby   # two

        \t"/O=Grid/CN=With \\"quotes\\" and blanks"\tquoted\r
        "/O=Grid/Email=c@example.org" carol
        "/O=Grid/CN=Alice" second
        "/O=Grid/CN=Andr\\xC3\\xA9" andre
        """

    @Test(arguments: [
        ("/O=Grid/CN=Alice", ["alice", "second"]), ("/O=Grid/CN=Bob", ["bob", "bobby"]),
        (#"/O=Grid/CN=With "quotes" and blanks"#, ["quoted"]), ("/O=Grid/emailAddress=c@example.org", ["carol"]),
        ("/O=Grid/E=c@example.org", ["carol"]), ("/O=Grid/CN=alice", []), ("", []), ("/O=Grid/CN=André", ["andre"]),
    ])
    func finds(dn: String, users: [String]) throws {
        let text = Self.text.replacing("\\t", with: "\t").replacing("\\r", with: "\r")
        #expect(try GridMap(text, path: "map").localUsers(of: dn) == users)
    }

    @Test(arguments: [
        ("\"/O=Grid/CN=Alice alice", 1), ("# fine\n\n/O=Grid/CN=Alice\n", 3), ("\"\" alice", 1), ("/CN=a a b", 1),
        ("/CN=a ,", 1),
    ])
    func refuses(text: String, line: Int) throws {
        let error = try #require(throws: GridMap.ParseError.self) { try GridMap(text, path: "map") }
        #expect(error.description == "map:\(line): expected `\"DN\" user[,user…]`")
    }

    @Test func files() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("/CN=a user\n", to: "map")
        let map = try GridMap(contentsOf: file)
        #expect(map.path == file && map.localUsers(of: "/CN=a") == ["user"])
        #expect(throws: GridMap.ParseError.self) { try GridMap(contentsOf: file + ".none") }
        #expect(throws: GridMap.ParseError.self) { try GridMap(contentsOf: directory.path) }
    }
}
