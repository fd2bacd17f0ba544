import RLSClient
import RLSCore
import RLSTestSupport
import Testing

/// Replicas through an index that says what a test wants, from catalogs good and bad.
@Suite struct LocateTests {
    private static let nobody = "rlsn://127.0.0.1:1"
    let locator = ReplicaLocator()

    private func locations(_ pairs: [(String, [String])]) -> String {
        "0|"
            + pairs.map { name, urls in
                urls.isEmpty ? "12|\(name)|" : urls.map { "0|\(name)|\($0)|" }.joined()
            }.joined() + "|"
    }

    private func index(_ pairs: [(String, [String])]) throws -> FakeServer {
        let request = "rli_get_lrc_bulk|" + pairs.map { "\($0.0)|" }.joined() + "|"
        return try FakeServer([(request, locations(pairs))])
    }

    private func replicas(_ result: LocateResult) -> [String] {
        result.names.map { name in
            "\(name.lfn)=" + name.replicas.map { "\($0.mapping.pfn)@\($0.lrc)" }.joined(separator: ",")
        }
    }

    @Test func catalogsHaveTheLastWord() async throws {
        let (one, two) = (try await ServerProcess.start(), try await ServerProcess.start())
        #expect(try await one.cli("bulk", "create", "a", "pa1", "c", "pc").status == 0)
        #expect(try await two.cli("bulk", "create", "a", "pa2", "b", "pb").status == 0)
        let index = try index([
            ("b", [two.url, one.url]), ("a", [two.url, one.url]), ("stale", [one.url]), ("nosuch", []),
        ])
        let result = try await locator.locate(["b", "a", "stale", "nosuch", "a", ""], through: index.address)
        #expect(
            replicas(result) == ["b=pb@\(two.url)", "a=pa1@\(one.url),pa2@\(two.url)", "stale=", "nosuch=", "="])
        #expect(result.skipped.isEmpty && result.names.allSatisfy(\.unanswered.isEmpty))
        #expect(result.index == index.address)
        #expect(result.names.map(\.mistaken) == [[ByteString(one.url)], [], [ByteString(one.url)], [], []])
        await locator.close()
    }

    @Test func deadCatalogsDelayNobody() async throws {
        let server = try await ServerProcess.start()
        #expect(try await server.cli("create", "a", "pa").status == 0)
        let silent = try (0..<4).map { _ in try FakeServer([]) }
        let index = try index([
            ("a", [Self.nobody, server.url] + silent.map(\.url)), ("b", ["nonsense", silent[0].url]),
        ])
        let began = ContinuousClock.now
        let timeout = Duration.seconds(Patience.seconds(4))
        let result = try await locator.locate(["a", "b"], through: [index.address], timeout: timeout)
        #expect(ContinuousClock.now - began < timeout * 3)
        #expect(replicas(result) == ["a=pa@\(server.url)", "b="])
        #expect(result.names[0].unanswered.count == 5)
        #expect(Set(result.names[1].unanswered) == ["nonsense", ByteString(silent[0].url)])
        let reasons = Dictionary(uniqueKeysWithValues: result.skipped.map { ($0.url.description, $0.reason) })
        #expect(reasons[Self.nobody] == .unreachable)
        #expect(reasons["nonsense"] == .badURL)
        #expect(silent.allSatisfy { reasons[$0.url] == .timedOut })
        // Who is known to be dead is not asked again.
        let again = ContinuousClock.now
        let second = try await locator.locate(
            ["a", "b"], through: [index.address], timeout: .seconds(600), avoiding: result.skipped)
        #expect(ContinuousClock.now - again < .seconds(Patience.seconds(60)))
        #expect(replicas(second) == replicas(result) && second.skipped == result.skipped)
        await locator.close()
    }

    @Test func oldServersAreAskedNameByName() async throws {
        let catalog = try FakeServer(
            [("lrc_get_pfn|a|0|0|", "0|a|pa||"), ("lrc_get_pfn|b|0|0|", "12|b|")], otherwise: .refuses)
        let index = try FakeServer(
            [
                ("rli_get_lrc|a|0|0|", "0|a|\(catalog.url)||"), ("rli_get_lrc|b|0|0|", "0|b|\(catalog.url)||"),
                ("rli_get_lrc|c|0|0|", "12|c|"),
            ], otherwise: .refuses)
        let result = try await locator.locate(["a", "b", "c"], through: index.address)
        #expect(replicas(result) == ["a=pa@\(catalog.url)", "b=", "c="])
        #expect(result.skipped.isEmpty)
        await locator.close()
    }

    @Test func refusalsAreNoAnswers() async throws {
        let catalog = try FakeServer([("lrc_get_pfn_bulk|a|b||", "0|0|a|pa|0|other|po|7|b||")])
        let index = try index([("a", [catalog.url]), ("b", [catalog.url])])
        let result = try await locator.locate(["a", "b"], through: index.address)
        #expect(replicas(result) == ["a=pa@\(catalog.url)", "b="])
        #expect(result.names[0].unanswered.isEmpty && result.names[1].unanswered == [ByteString(catalog.url)])
        #expect(result.skipped.map(\.reason) == [.refused(.permission)])
        await locator.close()
    }

    @Test func theNextIndexIsAsked() async throws {
        let server = try await ServerProcess.start()
        #expect(try await server.cli("create", "a", "pa").status == 0)
        let good = try FakeServer([("rli_get_lrc|a|0|0|", "0|a|\(server.url)||")])
        let dead = try ServerAddress(Self.nobody)
        let noIndex = try FakeServer([("rli_get_lrc|a|0|0|", "9|not RLI server|")])
        let result = try await locator.locate(["a"], through: dead, noIndex.address, good.address)
        #expect(replicas(result) == ["a=pa@\(server.url)"])
        #expect(result.skippedIndexes.map(\.reason) == [.unreachable, .refused(.invalidServer)])
        await #expect(throws: NoIndexAnswered.self) {
            try await locator.locate(["a"], through: dead, noIndex.address)
        }
        await locator.close()
    }

    @Test func catalogsWithAuthentication() async throws {
        let (secure, open) = (try await ServerProcess.startGSI(["acl CN=Alice: all"]), try await ServerProcess.start())
        #expect(try await secure.cli("create", "a", "secret").status == 0)
        #expect(try await open.cli("create", "a", "plain").status == 0)
        let index = try FakeServer([("rli_get_lrc|a|0|0|", "0|a|\(secure.url)|a|\(open.url)||")])
        #expect(try await secure.cli("locate", "a", at: index.url).output == "  a: plain\n  a: secret\n")
        let stranger = try await secure.cli("locate", "a", proxy: "bob-rfc", at: index.url)
        #expect(stranger.output == "  a: plain\n" && stranger.status == 0)
        #expect(stranger.errors.hasPrefix("skipped \(secure.url): Permission denied: "))
    }

    @Test func commandLine() async throws {
        let server = try await ServerProcess.start()
        #expect(try await server.cli("create", "a", "pa").status == 0)
        let index = try index([("a", [server.url]), ("b", [Self.nobody]), ("c", [])])
        let words = ["locate", "a", "b", "c"]
        let outcome = try await server.cli("locate", "a", "b", "c", at: index.url)
        #expect(outcome.status == 1)
        #expect(outcome.output == "  a: pa\n")
        #expect(
            outcome.errors == "skipped \(Self.nobody): Connection refused\n"
                + "LFN doesn't exist: b (it may be at \(Self.nobody), which gave no answer)\nLFN doesn't exist: c\n")
        let fromInput = try await Program.cli.run(["locate", "-", index.url], input: "a\r\nb\n\nc\n")
        #expect(fromInput.output == outcome.output && fromInput.errors == outcome.errors && fromInput.status == 1)
        let json = try await Program.cli.run(["--json", "--index", index.url] + words + [Self.nobody])
        #expect(json.output == #"{"lfn":"a","pfn":"pa","lrc":"\#(server.url)"}"# + "\n")
        #expect(json.errors.hasPrefix("skipped \(Self.nobody): Connection refused\n"))
        let none = try await Program.cli.run(words + [Self.nobody])
        #expect(none.errors == "connect(\(Self.nobody)): Connection refused\n" && none.status == 1)
    }
}
