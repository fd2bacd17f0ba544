import RLSCore
import Testing

@Suite struct MappingTests {
    @Test func subjectAndOrder() {
        let mapping = Mapping(lfn: "a", pfn: "p")
        #expect(mapping.subject == "a,p")
        #expect(mapping < Mapping(lfn: "a", pfn: "q"))
        #expect(mapping < Mapping(lfn: "b", pfn: "a"))
        #expect(!(mapping < mapping))
    }

    @Test func kindsHaveTheirCodes() {
        #expect(NameKind.lfn.other == .pfn)
        #expect(NameKind.pfn.other == .lfn)
        #expect([NameKind.lfn, .pfn].map(\.notFound) == [.lfnNotFound, .pfnNotFound])
        #expect([NameKind.lfn, .pfn].map(\.exists) == [.lfnExists, .pfnExists])
    }
}
