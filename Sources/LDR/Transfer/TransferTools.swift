import RLSCore

/// Which tool fetches which URLs.
package struct TransferTools: Sendable {
    private var tools: [String: any TransferTool] = [:]

    /// - Parameter commands: by scheme; they go before the tools that are built in
    package init(
        globus: any TransferTool = GlobusURLCopyTool(), curl: any TransferTool = CurlTool(),
        local: any TransferTool = LocalCopyTool(), commands: [String: CommandTemplate] = [:]
    ) {
        tools["gsiftp"] = globus
        for scheme in ["http", "https", "dav", "davs"] { tools[scheme] = curl }
        tools["file"] = local
        for (scheme, template) in commands { tools[scheme.lowercased()] = CommandTool(template) }
    }

    /// Lower case, in order.
    package var schemes: [String] { tools.keys.sorted() }

    /// nil when nothing here fetches such URLs.
    package func tool(for scheme: String) -> (any TransferTool)? { tools[scheme.lowercased()] }

    /// - Throws: `unsupported`, saying why
    package func tool(for url: ByteString) throws(TransferFailure) -> any TransferTool {
        let scheme = try SourceURL(url).scheme
        guard let tool = tools[scheme] else {
            throw SourceURL.unsupported(url, "needs a transfer command for \(scheme): URLs")
        }
        return tool
    }

    /// What URLs of one source have in common: scheme, host and port. nil for what is no URL.
    package static func source(of url: ByteString) -> String? {
        guard let url = try? SourceURL(url) else { return nil }
        let host = url.authority.split(separator: "@").last.map { $0.lowercased() } ?? ""
        return "\(url.scheme)://\(host)"
    }
}
