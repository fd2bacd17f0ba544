import Testing

@testable import LDR

@Suite struct UnitsTests {
    @Test(arguments: [
        ("0", 0), ("512", 512), ("512b", 512), ("1K", 1024), ("10G", 10 << 30), ("1.5T", 3 << 39), ("512 M", 512 << 20),
        ("10GB", 10_000_000_000), ("2kib", 2048), ("7E", 7 << 60), ("0.1KB", 100), ("0.3", 0),
        ("1.000000001GB", 1_000_000_001),
        ("9223372036854775807", Int64.max),
    ])
    func sizes(_ text: String, _ bytes: Int64) throws {
        let size = try ByteSize(parsing: text)
        #expect(size.bytes == bytes)
        #expect(try ByteSize(parsing: size.description) == size)
    }

    @Test(arguments: [
        "", "G", "-1", "1.G", ".5G", "1GG", "1X", "8E", "99999999999999999999", "1.0000000001G", "1e3", "10 G B", "٣",
    ])
    func refusesSizes(_ text: String) {
        #expect(throws: UnitError.self) { try ByteSize(parsing: text) }
    }

    @Test(arguments: [
        ("90", 90_000), ("90s", 90_000), ("15m", 900_000), ("12h", 43_200_000), ("30d", 2_592_000_000),
        ("2w", 1_209_600_000), ("250ms", 250), ("1.5h", 5_400_000), ("0", 0), ("0.5 S", 500),
    ])
    func times(_ text: String, _ milliseconds: Int64) throws {
        let time = try TimeSpan(parsing: text)
        #expect(time.milliseconds == milliseconds)
        #expect(try TimeSpan(parsing: time.description) == time)
    }

    @Test(arguments: ["", "d", "1y", "-5s", "5 minutes", "9223372036854775807w"])
    func refusesTimes(_ text: String) {
        #expect(throws: UnitError.self) { try TimeSpan(parsing: text) }
    }

    @Test func errorsNameTheText() {
        let error = #expect(throws: UnitError.self) { try ByteSize(parsing: "10Q") }
        #expect(
            error?.description == "`10Q` is no size: unknown unit `Q`; expected a size such as 512, 10G, 1.5T or 100MB")
    }
}
