import Foundation
import RLSCore
import RLSStorage
import RLSStorageSQLite
import RLSTestSupport
import Testing

@testable import LDR

/// What an agent does for its source while others do the same for theirs.
@Suite struct SourceAgentTests {
    private let site: TransferSite

    init() async throws { site = try await TransferSite() }

    private static func plan(_ planner: ArrivalPlanner, _ id: Int) -> Bool {
        let want = Want(
            id: id, lfn: "x", size: 60, subscriptions: 1, state: .active, since: 0, nextTry: 0, attempts: 0)
        let described = DescribedFile(record: FileRecord(lfn: "x", size: 60), publisher: "there")
        var looks = PartitionLooks()
        if case .success = planner.plan(want, described, &looks) { return true }
        return false
    }

    @Test func roomThatAnotherHasTakenMeanwhileStaysTaken() async throws {
        try await site.want([try site.fixture.publish("a", Array("a".utf8))])
        #expect(try await site.schedule(["a": ["http://a/a"]]).queued == 1)
        let planner = ArrivalPlanner(try site.area()) { _ in 100 }
        let id = try #require(try site.work.want(of: "a")?.id)
        // The file has failed and is planned for another source before the whole batch is over.
        let tool = FailingTool { #expect(Self.plan(planner, id)) }
        let outcome = try await site.agent(TransferTools(curl: tool), plans: planner).empty("http://a")
        #expect(outcome.failed == 1)
        #expect(!Self.plan(planner, id + 1))
    }

    @Test func leftoversGoWhileOthersAreOnTheirWay() async throws {
        try await site.want([try await site.fixture.publish("a", megabytes: 8)])
        #expect(try await site.schedule(["a": [ByteString(site.server.url("slow/a"))]]).queued == 1)
        let left = site.fixture.incoming.file(of: 7)
        let daemon = try site.daemon(cleaning: .zero)
        async let passing = daemon.pass()
        let incoming = site.fixture.incoming
        #expect(try await eventually { try !incoming.leftovers().isEmpty })
        // Of a file that is not wanted any longer.
        try site.fixture.directory.write("x", to: "partition/.ldr-incoming/7.part")
        #expect(try await passing.arrived == 1)
        #expect(!FileManager.default.fileExists(atPath: left))
        #expect(site.fixture.landed == ["a"])
    }

    @Test func theFailureOfOneAgentEndsNoOther() async throws {
        try await site.want(["a", "b"].map { try site.fixture.publish($0, Array($0.utf8)) })
        let urls: [ByteString: [ByteString]] = ["a": [ByteString(site.server.url("slow/a"))], "b": ["http://b/b"]]
        #expect(try await site.schedule(urls).queued == 2)
        try site.work.file.connection.execute(
            """
            CREATE TRIGGER fails BEFORE UPDATE ON want WHEN OLD.source = 'http://b'
            BEGIN SELECT RAISE(ABORT, 'x'); END
            """)
        await #expect(throws: StorageError.self) { try await site.daemon().pass() }
        #expect(try site.state("a") == .present && site.state("b") == .queued)
    }

    /// Two sources at a time, of which the one fails and the other takes its time: a third one has its turn nevertheless.
    @Test func afterAFailureOthersAreBegun() async throws {
        try await site.want(["a", "b", "c"].map { try site.fixture.publish($0, Array($0.utf8)) })
        let elsewhere = site.server.url("files/c").replacing("localhost", with: "127.0.0.1")
        #expect(
            try await site.schedule([
                "a": [ByteString(site.server.url("slow/a"))], "b": ["http://a-b/b"], "c": [ByteString(elsewhere)],
            ]).queued == 3)
        try site.work.file.connection.execute(
            """
            CREATE TRIGGER fails BEFORE UPDATE ON want WHEN OLD.source = 'http://a-b'
            BEGIN SELECT RAISE(ABORT, 'x'); END
            """)
        await #expect(throws: StorageError.self) { try await site.daemon().pass() }
        #expect(try site.state("a") == .present && site.state("b") == .queued && site.state("c") == .present)
    }

    /// What has passed by itself is no failure of the pass.
    @Test func aSourceThatFailedHasAnotherTurn() async throws {
        try await site.want([
            try await site.fixture.publish("a", megabytes: 8), try site.fixture.publish("b", Array("b".utf8)),
        ])
        let elsewhere = site.server.url("files/b").replacing("localhost", with: "127.0.0.1")
        #expect(
            try await site.schedule(["a": [ByteString(site.server.url("slow/a"))], "b": [ByteString(elsewhere)]])
                .queued == 2)
        try site.work.file.connection.execute(
            """
            CREATE TRIGGER fails BEFORE UPDATE ON want
            WHEN OLD.source LIKE 'http://127%'
                AND (julianday('now') - 2440587.5) * 86400 < \(Date().timeIntervalSince1970 + 0.3)
            BEGIN SELECT RAISE(ABORT, 'x'); END
            """)
        #expect(try await site.daemon(rest: .milliseconds(10)).pass().arrived == 2)
        #expect(try site.state("a") == .present && site.state("b") == .present)
    }
}

private struct FailingTool: TransferTool {
    let afterwards: @Sendable () -> Void

    func run(
        _ requests: [TransferRequest], _ settings: TransferSettings,
        began: @escaping @Sendable (TransferRequest) -> Void,
        finished: @escaping @Sendable (TransferRequest, TransferOutcome) async -> Void
    ) async {
        for request in requests { await finished(request, .failure(TransferFailure(.sourceMissing, "gone"))) }
        afterwards()
    }
}
