import RLSCore
import Testing

@Suite struct CatalogDateTests {
    @Test(arguments: ["20020829101112", "2002-08-29 10:11:12", "2002-08-29T10:11:12"])
    func reads(text: ByteString) {
        let date = CatalogDate(text)
        #expect(date?.packed == 2002_08_29_10_11_12)
        #expect(date?.description == "2002-08-29 10:11:12")
        #expect(date?.compact == "20020829101112")
    }

    @Test(arguments: ["20000229000000", "20240229235959", "00010101000000", "99991231235960"])
    func acceptsOddDates(text: ByteString) {
        #expect(CatalogDate(text).map { ByteString($0.compact) } == text)
    }

    @Test(
        arguments: [
            "", "2002", "20020829", "2002082910111", "200208291011122", "20021329101112", "20020029101112",
            "20020800101112", "20020832101112", "20020431101112", "20010229101112", "19000229101112", "20020829241112",
            "20020829106012", "20020829101161", "2002-08-29 10:11", "2002/08/29 10:11:12", "2002-08-29 10.11.12",
            "-0020829101112", "2002 08 29 10 11 12", "２0020829101112", "2002-08-29 10:11:1x",
        ] as [ByteString])
    func refuses(text: ByteString) { #expect(CatalogDate(text) == nil) }

    @Test func packedOrderIsDateOrder() throws {
        let texts: [ByteString] = [
            "19991231235959", "20000101000000", "20000229000000", "20000301000000", "20000301000001",
        ]
        let packed = try texts.map { try #require(CatalogDate($0)).packed }
        #expect(packed == packed.sorted())
        #expect(Set(packed).count == packed.count)
    }

    @Test(arguments: [-1, Int64.min, Int64.max, 100_000_101_000_000])
    func refusesPackedNumbersThatAreNoDates(number: Int64) { #expect(CatalogDate(packed: number) == nil) }
}
