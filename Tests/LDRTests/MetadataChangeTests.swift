import Testing

@testable import LDR

@Suite struct MetadataChangeTests {
    @Test func laterChangesCountAndThenSites() {
        let stamps = [
            ChangeStamp(clock: 2, site: "a"), ChangeStamp(clock: 1, site: "b"), ChangeStamp(clock: 1, site: "a"),
        ]
        #expect(stamps.sorted() == stamps.reversed())
    }
}
