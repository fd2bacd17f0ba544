import RLSSecurity
import RLSTestSupport
import Testing

@Suite struct AccessListTests {
    private static let list = [
        "^/O=Grid/CN=Alice: a$: lrc_read lrc_update", "/O=Grid/: lrc_read", #""^with blanks$": stats"#, "^admin$: all",
    ]

    @Test(
        arguments: [
            ("/O=Grid/CN=Alice: a", [Rights.lrcRead, .lrcUpdate]), ("/O=Grid/CN=Bob", [.lrcRead]),
            ("/C=DE/O=Grid/CN=Carol", [.lrcRead]), ("with blanks", [.stats]), ("admin", [.all]), ("administrator", []),
            ("anonymous", []), ("", []),
        ] as [(String, Rights)])
    func firstMatchDecides(name: String, rights: Rights) throws {
        let list = AccessList(try Self.list.map { try AccessRule($0) })
        #expect(list.grants(to: Identity(dn: name)).general == rights)
    }

    @Test func anEarlierLineHidesALaterOne() throws {
        let list = AccessList([try AccessRule("bob: stats"), try AccessRule(".*: all")])
        #expect(list.grants(to: Identity(dn: "bob")).general == .stats)
        #expect(AccessList().grants(to: Identity(dn: "bob")).general == [])
    }

    @Test(arguments: [
        ("no colon", "expected `user: right…`"), (": all", "the user's pattern is empty"),
        ("a:", "no right is named after the colon"), ("a: reed", "unknown right `reed`"),
        ("(: all", "`(` is not a regular expression"), ("\"\": all", "the user's pattern is empty"),
    ])
    func refuses(line: String, cause: String) throws {
        let error = try #require(throws: AccessRule.ParseError.self) { try AccessRule(line) }
        #expect(error.description.hasPrefix(cause))
    }

    @Test func rightsReadBack() throws {
        for (name, right) in Rights.names {
            #expect(Rights(name: name) == right)
            #expect(right.description == name)
        }
        let rule = try AccessRule("  a.*b :\tlrc_read,stats  admin ")
        #expect(rule.rights == [.lrcRead, .stats, .admin])
        #expect(try AccessRule(rule.description) == rule)
    }

    /// Connections on many event loops ask at the same time.
    @Test func matchesFromManyThreads() async throws {
        let list = AccessList([try AccessRule("^a+$: stats"), try AccessRule("^b+$: admin")])
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let name = number % 2 == 0 ? "aaa" : "bbb"
                    return (0..<500).allSatisfy { _ in
                        list.grants(to: Identity(dn: name)).general == (number % 2 == 0 ? .stats : .admin)
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
