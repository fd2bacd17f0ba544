import Foundation

/// How much longer than usual everything may take: programs under a sanitizer are several times slower.
package enum Patience {
    package static let factor = ProcessInfo.processInfo.environment["RLS_TEST_PATIENCE"].flatMap(Double.init) ?? 1

    /// Seconds, of a wait that ends earlier as a rule.
    package static func seconds(_ usual: Double) -> Double { usual * factor }

    /// Sanitizers keep a shadow of all memory, and what was freed.
    package static func megabytes(_ usual: Int) -> Int { isSanitized ? usual * 5 : usual }

    private static let isSanitized = ProcessInfo.processInfo.environment["RLS_TEST_SANITIZED"] != nil
}
