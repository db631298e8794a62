import PrintableText
import Testing

@Suite struct ShortenedTests {
    @Test(
        "What fits stays, what does not is cut and says so",
        arguments: [("abcdef", 6, "abcdef"), ("abcdefg", 6, "abc...")]
    )
    func lengths(_ text: String, _ limit: Int, _ shortened: String) {
        #expect(text.shortened(to: limit) == shortened)
    }
}
