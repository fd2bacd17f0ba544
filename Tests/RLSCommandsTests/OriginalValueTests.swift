import RLSCore
import RLSStorage
import Testing

@testable import RLSCommands

@Suite struct OriginalValueTests {
    private func date(_ content: OriginalAttributeValue.Content) -> String? {
        AttributeValue(content, as: .date)?.text.description
    }

    @Test func datesWrittenOut() {
        #expect(date(.text("2002-08-29 10:11:12")) == "2002-08-29 10:11:12")
        #expect(date(.text("2002-08-29T10:11:12.345678")) == "2002-08-29 10:11:12")
        #expect(date(.text("2002-08-29 10:11:12.5+02:30")) == "2002-08-29 10:11:12")
        #expect(date(.text("2002-08-29 10:11:12-08")) == "2002-08-29 10:11:12")
        #expect(date(.text("2002-08-29")) == "2002-08-29 00:00:00")
        #expect(date(.text("20020829101112")) == "2002-08-29 10:11:12")
        for bad: ByteString in ["infinity", "", "0044-03-15 12:00:00 BC", "2002-02-30 00:00:00", "soon", "12:00"] {
            #expect(date(.text(bad)) == nil)
        }
    }

    @Test func datesInNumbers() {
        #expect(date(.integer(1_030_615_872)) == "2002-08-29 10:11:12")
        #expect(date(.text("1030615872")) == "2002-08-29 10:11:12")
        #expect(date(.float(1_030_615_872.9)) == "2002-08-29 10:11:12")
        #expect(date(.integer(20_020_829_101_112)) == "2002-08-29 10:11:12")
        #expect(date(.integer(0)) == "1970-01-01 00:00:00")
        #expect(date(.integer(-1)) == "1969-12-31 23:59:59")
        #expect(date(.integer(951_782_400)) == "2000-02-29 00:00:00")
        #expect(date(.integer(-62_135_596_800)) == "0001-01-01 00:00:00")
        #expect(date(.integer(253_402_300_799)) == "9999-12-31 23:59:59")
        for bad in [253_402_300_800, Int64.min, .max] { #expect(date(.integer(bad)) == nil) }
        #expect(date(.float(.nan)) == nil)
    }

    @Test func numbersAndStrings() {
        #expect(AttributeValue(.text("42"), as: .int) == .int(42))
        #expect(AttributeValue(.float(42), as: .int) == .int(42))
        #expect(AttributeValue(.float(42.5), as: .int) == nil)
        #expect(AttributeValue(.text("x"), as: .int) == nil)
        #expect(AttributeValue(.integer(3), as: .float) == .float(3))
        #expect(AttributeValue(.float(.infinity), as: .float) == nil)
        #expect(AttributeValue(.text("0.1"), as: .float) == .float(0.1))
        #expect(AttributeValue(.integer(7), as: .string) == .string("7"))
        #expect(AttributeValue(.text(""), as: .string) == .string(""))
    }
}
