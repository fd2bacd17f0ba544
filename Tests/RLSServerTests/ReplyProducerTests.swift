import RLSCore
import RLSStorage
import Testing

@testable import RLSServer

@Suite struct ReplyProducerTests {
    private func verdicts(_ counter: inout PageCounter, rows: Int) -> [PageCounter.Verdict] {
        (0..<rows).map { _ in counter.next() }
    }

    @Test func countsAPage() {
        var counter = PageCounter(Page(offset: 2, limit: 3), resumes: false)
        #expect(!counter.hasSeenRows)
        #expect(verdicts(&counter, rows: 7) == [.skip, .skip, .take, .take, .take, .full, .full])
        #expect(counter.hasSeenRows && counter.isFull)
        #expect(counter.nextOffset == 5)
    }

    @Test func continuesWithoutSkipping() {
        var counter = PageCounter(Page(offset: 5, limit: 2), resumes: true)
        #expect(counter.hasSeenRows)
        #expect(verdicts(&counter, rows: 3) == [.take, .take, .full])
        #expect(counter.nextOffset == 7)
    }

    @Test func noLimitIsEverything() {
        var counter = PageCounter(.all, resumes: false)
        #expect(verdicts(&counter, rows: 100) == Array(repeating: .take, count: 100))
        #expect(!counter.isFull)
    }

    @Test func offsetPastTheEndHasSeenRows() {
        var counter = PageCounter(Page(offset: 10, limit: 0), resumes: false)
        #expect(verdicts(&counter, rows: 3) == [.skip, .skip, .skip])
        #expect(counter.hasSeenRows)
        #expect(counter.taken == 0)
    }

    @Test func onlyTheVeryNextPageContinues() {
        let position = PagePosition.mapping(MappingPosition(name: "a", partner: "p"))
        let continuation = PageContinuation(query: .wildcard(.lfn, "a%"), offset: 5, position: position)
        #expect(continuation.isNext(.wildcard(.lfn, "a%"), offset: 5))
        #expect(!continuation.isNext(.wildcard(.lfn, "a%"), offset: 4))
        #expect(!continuation.isNext(.wildcard(.pfn, "a%"), offset: 5))
        #expect(!continuation.isNext(.wildcard(.lfn, "b%"), offset: 5))
        let begin = PageContinuation(query: .wildcard(.lfn, "a%"), offset: 0, position: position)
        #expect(!begin.isNext(.wildcard(.lfn, "a%"), offset: 0))
    }
}
