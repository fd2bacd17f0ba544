import RLSTestSupport
import Testing

@Suite struct SearchProducerTests {
    @Test func pagesContinueByPosition() async throws {
        try await withServer { server in
            let client = try server.client()
            let writer = try server.client()
            #expect(try writer.exchange("lrc_create_bulk|a|1|b|2|c|3|d|4||lrc_attr_create|n|0|2|", "0||0|"))
            let values = "a|0|2|n|5|b|0|2|n|7|c|0|2|n|5|d|0|2|n|9"
            #expect(try writer.exchange("lrc_attr_add_bulk|\(values)||", "0||"))
            #expect(try client.exchange("lrc_attr_search|n|0|0|||0|2|", "0|a|2|5|c|2|5|\u{1}|"))
            // A row before the page goes, one comes behind it.
            #expect(try writer.exchange("lrc_attr_remove|a|n|0|lrc_attr_add|a|0|2|n|8|", "0|0|"))
            #expect(try client.exchange("lrc_attr_search|n|0|0|||2|2|", "0|b|2|7|a|2|8|\u{1}|"))
            #expect(try client.exchange("lrc_attr_search|n|0|0|||4|2|", "0|d|2|9||"))
            #expect(try client.exchange("lrc_attr_search|n|0|0|||9|2|", "0||"))
        }
    }

    @Test(arguments: [
        ("1|5|", "0|a|2|5||"), ("2|5|", "0|c|2|-9|b|2|7||"), ("3|5|", "0|b|2|7||"), ("4|5|", "0|a|2|5|b|2|7||"),
        ("5|5|", "0|c|2|-9||"), ("6|5|", "0|c|2|-9|a|2|5||"), ("7|-9|5", "0|c|2|-9|a|2|5||"), ("7|6|6", "12|n|"),
        ("8|5|", "25|8|"), ("9|5|", "25|9|"), ("x|5|", "25|x|"), ("1|five|", "6|five|"), ("7|1|", "6||"),
    ])
    func operators(condition: String, reply: String) async throws {
        try await withServer { server in
            let client = try server.client()
            #expect(try client.exchange("lrc_create_bulk|a|1|b|2|c|3||lrc_attr_create|n|0|2|", "0||0|"))
            #expect(try client.exchange("lrc_attr_add_bulk|a|0|2|n|5|b|0|2|n|7|c|0|2|n|-9||", "0||"))
            #expect(try client.exchange("lrc_attr_search|n|0|\(condition)|0|0|", reply))
        }
    }
}
