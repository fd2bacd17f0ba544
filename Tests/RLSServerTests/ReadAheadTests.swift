import Testing

@testable import RLSServer

@Suite struct ItemWindowTests {
    @Test func thousandsAreReadAhead() {
        var window = ItemWindow()
        window.turnBegins(at: 0)
        #expect(window.next(at: 0, of: 2_500) == 0..<1_000)
        #expect(window.next(at: 1, of: 2_500) == nil)
        #expect(window.next(at: 1_000, of: 2_500) == 1_000..<2_000)
        #expect(window.next(at: 2_000, of: 2_500) == 2_000..<2_500)
    }

    /// Where a turn's chunk holds few items, little is read in vain.
    @Test func noMoreThanATurnHasUseFor() {
        var window = ItemWindow()
        window.turnBegins(at: 0)
        #expect(window.next(at: 0, of: 5_000) == 0..<1_000)
        window.turnEnds(at: 10)
        window.turnBegins(at: 10)
        #expect(window.next(at: 10, of: 5_000) == 10..<31)
        window.turnEnds(at: 900)
        // In the middle of item 900.
        window.turnBegins(at: 901)
        #expect(window.next(at: 900, of: 5_000) == nil)
        #expect(window.next(at: 901, of: 5_000) == 901..<1_901)
        window.turnEnds(at: 900)
        window.turnBegins(at: 900)
        #expect(window.next(at: 900, of: 5_000) == 900..<901)
    }
}
