/** What the front ends' code may not do; types and layout are the compiler's business. */
import { defineConfig } from "eslint/config"
import vue from "eslint-plugin-vue"
import accessibility from "eslint-plugin-vuejs-accessibility"
import globals from "globals"
import typescript from "typescript-eslint"

export default defineConfig(
  { ignores: ["**/dist/**", "**/node_modules/**", "**/*.d.ts"] },
  ...typescript.configs.strict,
  ...vue.configs["flat/recommended-error"],
  ...accessibility.configs["flat/recommended"],
  {
    files: ["**/*.{ts,tsx,vue,mjs,js}"],
    languageOptions: {
      globals: { ...globals.browser },
      parserOptions: { parser: typescript.parser },
    },
    rules: {
      "eqeqeq": "error",
      "no-alert": "error",
      "no-console": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-warning-comments": "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Text from people never becomes markup." },
        { property: "outerHTML", message: "Text from people never becomes markup." },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "CallExpression[callee.property.name='postMessage'] > Literal[value='*']",
          message: "A message always names its target origin.",
        },
      ],
      // The compiler knows better, and knows the DOM's types.
      "no-undef": "off",
      "vue/no-v-html": "error",
      "vue/multi-word-component-names": "off",
      // How lines break is not worth a rule.
      "vue/attributes-order": "off",
      "vue/first-attribute-linebreak": "off",
      "vue/html-closing-bracket-newline": "off",
      "vue/html-closing-bracket-spacing": "off",
      "vue/html-indent": "off",
      "vue/html-self-closing": "off",
      "vue/max-attributes-per-line": "off",
      "vue/multiline-html-element-content-newline": "off",
      "vue/require-default-prop": "off",
      "vue/singleline-html-element-content-newline": "off",
      "@typescript-eslint/no-invalid-void-type": "off",
      // Next to noUncheckedIndexedAccess, it is how one says what was just checked.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      // What people film and say comes without captions.
      "vuejs-accessibility/media-has-caption": "off",
      // The first field of a dialog takes the focus; without it a keyboard starts outside.
      "vuejs-accessibility/no-autofocus": "off",
      // A label may hold its control or name it; both are read aloud.
      "vuejs-accessibility/label-has-for": ["error", { required: { some: ["nesting", "id"] } }],
    },
  },
  {
    files: ["console/web/src/**/*.ts", "widget/src/**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
    },
  },
  {
    files: ["**/build/**", "**/*.mjs", "**/*.config.ts"],
    languageOptions: { globals: { ...globals.node } },
    rules: { "no-console": "off" },
  },
)
