import Foundation
import RLSCore
import RLSTestSupport
import Testing

@testable import LDR

/// What an agent does for its source while others do the same for theirs.
@Suite struct SourceAgentTests {
    private let site: TransferSite

    init() async throws { site = try await TransferSite() }

    private func plan(_ planner: ArrivalPlanner, _ id: Int) -> Bool {
        let want = Want(
            id: id, lfn: "x", size: 60, subscriptions: 1, state: .active, since: 0, nextTry: 0, attempts: 0)
        let described = DescribedFile(record: FileRecord(lfn: "x", size: 60), publisher: "there")
        if case .success = planner.plan(want, described) { return true }
        return false
    }

    @Test func roomThatAnotherHasTakenMeanwhileStaysTaken() async throws {
        try await site.want([try site.fixture.publish("a", Array("a".utf8))])
        #expect(try await site.schedule(["a": ["http://a/a"]]).queued == 1)
        let planner = ArrivalPlanner(try site.area()) { _ in 100 }
        let id = try #require(try site.work.want(of: "a")?.id)
        // The file has failed and is planned for another source before the whole batch is over.
        let tool = FailingTool { #expect(plan(planner, id)) }
        let outcome = try await site.agent(TransferTools(curl: tool), plans: planner).empty("http://a")
        #expect(outcome.failed == 1)
        #expect(!plan(planner, id + 1))
    }
}

private struct FailingTool: TransferTool {
    let afterwards: @Sendable () -> Void

    func run(
        _ requests: [TransferRequest], _ settings: TransferSettings,
        finished: @escaping @Sendable (TransferRequest, TransferOutcome) async -> Void
    ) async {
        for request in requests { await finished(request, .failure(TransferFailure(.sourceMissing, "gone"))) }
        afterwards()
    }
}
