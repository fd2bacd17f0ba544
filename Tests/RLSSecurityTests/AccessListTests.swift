import RLSCore
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

    @Test func localUsersAndAttributes() throws {
        let list = AccessList([
            try AccessRule("voms:/vo/Role=admin: admin"), try AccessRule("voms:/vo(/.*)?: lrc_read"),
            try AccessRule("^alice$: lrc_update"),
        ])
        let alice = Identity(dn: "/CN=A", localUsers: ["x", "alice"])
        #expect(list.grants(to: alice).general == .lrcUpdate)
        #expect(list.grants(to: Identity(dn: "/CN=alice")).general == [])
        #expect(list.grants(to: Identity(dn: "/CN=A", fqans: ["/vo", "/vo/Role=admin"])).general == .admin)
        #expect(list.grants(to: Identity(dn: "/CN=A", fqans: ["/vo/sub"])).general == .lrcRead)
        // The whole attribute must match, not a part of it.
        #expect(list.grants(to: Identity(dn: "/CN=A", fqans: ["/other/vo/Role=admin"])).general == [])
        #expect(list.grants(to: Identity(dn: "/CN=A", fqans: ["/vo/Role=administrator"])).general == .lrcRead)
        #expect(list.grants(to: Identity(dn: "voms:/vo/Role=admin")).general == [])
    }

    @Test(arguments: [
        ("a: lrc_read names=/x/*", "a: lrc_read names=/x/*"),
        ("a b: rli_read\tnames=/with blanks/*", "a b: rli_read names=/with blanks/*"),
        ("/O=G/CN=a: b: lrc_read names=\"lfn://h:1/*\"", "/O=G/CN=a: b: lrc_read names=lfn://h:1/*"),
        ("voms:/vo: stats", "voms:/vo: stats"),
    ])
    func writesAndReadsBack(line: String, text: String) throws {
        let rule = try AccessRule(line)
        #expect(rule.description == text)
        #expect(try AccessRule(rule.description) == rule)
    }

    @Test(arguments: [
        "a: all names=/x", "a: admin names=/x", "a: lrc_read stats names=/x", "a: lrc_read names=", "a: all names=\"\"",
        "voms:: all", "voms:(: all",
    ])
    func refusesLimits(line: String) {
        #expect(throws: AccessRule.ParseError.self) { try AccessRule(line) }
    }

    @Test func limitsToNames() throws {
        let list = AccessList([
            try AccessRule(".*: lrc_read lrc_update names=/a/*"), try AccessRule(".*: lrc_read names=/a*"),
            try AccessRule(".*: lrc_update names=/b/?/x"), try AccessRule(".*: stats"), try AccessRule(".*: all"),
        ])
        let grants = list.grants(to: .anonymous)
        #expect(grants.isLimited)
        #expect(grants.general == .stats)
        #expect(grants.any == [.lrcRead, .lrcUpdate, .stats])
        let allows: (Rights, ByteString) -> Bool = { grants.allows($0, on: $1.bytes.span) }
        #expect(allows([.lrcRead, .lrcUpdate], "/a/1") && allows(.lrcRead, "/ab"))
        #expect(!allows(.lrcUpdate, "/ab") && !allows(.lrcRead, "/b/1/x") && allows(.lrcUpdate, "/b/1/x"))
        #expect(!allows(.lrcUpdate, "/b/12/x") && !allows(.lrcRead, "/c") && allows(.stats, "/c"))
        // The limited lines do not speak of the server's rights; but they take lrc_read from some names.
        #expect(grants.allowsEverything(.stats) && !grants.allowsEverything(.lrcRead))
        let both = AccessList([try AccessRule("a: lrc_read lrc_update names=/x/*"), try AccessRule("a: all")])
        let admin = both.grants(to: Identity(dn: "a"))
        #expect(admin.allowsEverything([.lrcUpdate, .admin]))
        #expect(!admin.subtracting(.admin).allowsEverything([.lrcUpdate, .admin]))
        let all: (Rights, ByteString) -> Bool = { grants.allows($0, onAllMatching: SQLPattern($1)) }
        #expect(all(.lrcRead, "/a/%") && all(.lrcRead, "/ab%") && all(.lrcUpdate, "/a/x_%"))
        // Some names behind the pattern are the second line's, which allows no update.
        #expect(!all(.lrcUpdate, "/a%") && all(.lrcRead, "/a%"))
        #expect(!all(.lrcRead, "/%") && !all(.lrcRead, "%") && !all(.lrcUpdate, "/b/%") && all(.lrcUpdate, "/b/1/x"))
        #expect(all(.stats, "/c%") && !all(.stats, "%"))
    }

    /// What the reasoning about patterns allows, every single name of it is allowed.
    @Test func patternsNeverAllowMoreThanNames() throws {
        var random = SeededGenerator(seed: 11)
        let letters: [Character] = ["a", "b", "/"]
        func text(_ wildcards: [Character]) -> String {
            String(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    (letters + wildcards).randomElement(using: &random) ?? "a"
                })
        }
        let names = ["", "a", "b", "/", "a/", "ab", "/a", "/a/b", "aab", "ab/a", "b/ab", "ba", "abb/", "//", "a/a/"]
        var allowed = 0
        for _ in 0..<2_000 {
            let lines = (0..<3).map { _ in
                "x: \(["lrc_read", "lrc_update", "lrc_read lrc_update"].randomElement(using: &random) ?? "lrc_read") names=/\(text(["*", "?"]))"
            }
            let grants = AccessList(try lines.map { try AccessRule($0) }).grants(to: Identity(dn: "x"))
            let pattern = SQLPattern(ByteString("/" + text(["%", "_"])))
            guard grants.allows(.lrcRead, onAllMatching: pattern) else { continue }
            allowed += 1
            for name in names.map({ ByteString("/" + $0) }) where pattern.matches(name) {
                let isAllowed = grants.allows(.lrcRead, on: name.bytes.span)
                #expect(isAllowed, "\(lines) \(pattern.source) \(name)")
            }
        }
        #expect(allowed > 50)
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
