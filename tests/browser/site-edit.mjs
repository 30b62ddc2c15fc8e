export const siteEdit=()=>{}
