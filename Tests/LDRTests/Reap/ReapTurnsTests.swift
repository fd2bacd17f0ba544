import Testing

@testable import LDR

@Suite struct ReapTurnsTests {
    private let start = ContinuousClock.now
    private let turns = ReapTurns(interval: .seconds(3_600), shortest: .seconds(30))

    private func next(_ seconds: Int) async -> ReapTurns.Turn? { await turns.next(at: start + .seconds(seconds)) }

    private func note(_ turn: ReapTurns.Turn?, removed: Int, isComplete: Bool = true, at seconds: Int) async throws {
        await turns.note(
            try #require(turn), isComplete: isComplete, removed: removed, at: start + .seconds(seconds))
    }

    @Test func whatGoesBetweenTwoWholePassesCountsTogether() async throws {
        var turn = await next(0)
        #expect(turn == ReapTurns.Turn(isWhole: true, gone: 0))
        try await note(turn, removed: 5, at: 10)
        turn = await next(30)
        #expect(turn == ReapTurns.Turn(isWhole: false, gone: 5))
        try await note(turn, removed: 2, at: 31)
        #expect(await next(60) == ReapTurns.Turn(isWhole: false, gone: 7))
        #expect(await next(3_600) == ReapTurns.Turn(isWhole: true, gone: 0))
    }

    @Test func aPassThatFailedIsDueAgainAndCounts() async throws {
        // Nothing is noted of one that found the storage in use.
        #expect(await next(0)?.isWhole == true)
        try await note(await next(30), removed: 3, isComplete: false, at: 40)
        #expect(await next(60) == ReapTurns.Turn(isWhole: true, gone: 3))
    }

    @Test func whereNothingCanGoThePausesGrow() async throws {
        try await note(await next(0), removed: 0, at: 0)
        var passes = 0
        for seconds in stride(from: 30, to: 3_600, by: 30) {
            guard let turn = await next(seconds) else { continue }
            passes += 1
            try await note(turn, removed: 0, at: seconds)
        }
        #expect(passes == 7)
        #expect(await next(3_600)?.isWhole == true)
    }
}
